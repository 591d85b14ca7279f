"""Where results are kept: SQLite by default, any SQLAlchemy URL otherwise."""
