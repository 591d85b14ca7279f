"""The schema's history: one file a step, so that a store of any earlier version opens after an upgrade.

To change the schema, change :mod:`qa.store.tables` and add ``versions/rNNNN_what.py`` with the next number; the newest
number is what this version expects. ``tests/store/test_migrations.py`` compares the two on every database. A step
must run on SQLite and on PostgreSQL, inside the one transaction of the upgrade, and keep every stored call readable.
"""
