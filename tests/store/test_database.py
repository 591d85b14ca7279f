"""A database is reached patiently and without giving a password away."""

from __future__ import annotations

import sqlite3
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from postgres import PASSWORD, Server
from sqlalchemy import make_url
from support import QA, a_call

from qa.errors import StoreError
from qa.store import database
from qa.store.store import FILENAME, Keys, Store

KEYS = Keys("h", "j")


def test_a_locked_file_is_waited_for(tmp_path: Path) -> None:
    with (
        Store.open(tmp_path) as store,
        closing(sqlite3.connect(tmp_path / FILENAME, isolation_level=None, check_same_thread=False)) as other,
    ):
        other.execute("BEGIN IMMEDIATE")
        threading.Timer(1.0, lambda: other.execute("COMMIT")).start()
        began = time.monotonic()
        store.save(a_call(), KEYS)
        assert store.call("c1") == a_call()
        assert time.monotonic() - began > 0.8


def test_a_file_that_stays_locked_is_an_error_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "PATIENCE", 0.3)
    monkeypatch.setattr(database, "_BUSY_MILLISECONDS", 50)
    with Store.open(tmp_path) as store, closing(sqlite3.connect(tmp_path / FILENAME, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match=r"结果库读写失败(?s:.*)locked"):
            store.save(a_call(), KEYS)
        assert list(store.calls()) == []  # reading goes on beside a writer
        other.execute("ROLLBACK")
        store.save(a_call(), KEYS)


def test_two_writers_that_read_first_do_not_refuse_each_other(tmp_path: Path) -> None:
    def write(name: str) -> None:
        with Store.open(tmp_path) as store:
            for number in range(60):
                store.save(a_call(f"{name}{number}"), KEYS)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(write, "ab"))
    with Store.open(tmp_path) as store:
        assert len(store.kept()) == 120


def test_a_location_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "where").write_text(f"sqlite:///{tmp_path / 'elsewhere.db'}\n第二行不算\n", encoding="utf-8")
    with Store.open(f"@{tmp_path / 'where'}") as store:
        assert store.location == f"sqlite:///{tmp_path / 'elsewhere.db'}"
    (tmp_path / "where").write_text("\n", encoding="utf-8")
    with pytest.raises(StoreError, match="是空的"):
        Store.open(f"@{tmp_path / 'where'}")
    with pytest.raises(StoreError, match="读不了写着结果库位置的文件"):
        Store.open(f"@{tmp_path / 'nothing'}")


@pytest.mark.parametrize(
    "url", ["postgresql+psycopg://qa:hush@[::1", "nodatabase://qa:hush@host/db", "postgresql+nodriver://qa:hush@host/db"]
)
def test_a_url_that_is_none_shows_no_password(url: str) -> None:
    with pytest.raises(StoreError) as error:
        Store.open(url)
    assert "hush" not in str(error.value)


@pytest.mark.slow
def test_no_message_shows_the_password(postgres: Server) -> None:
    url = make_url(postgres.database())
    wrong = url.set(password="wrong-hush").render_as_string(hide_password=False)
    gone = url.set(port=1).render_as_string(hide_password=False)
    for location, secret in ((wrong, "wrong-hush"), (gone, PASSWORD)):
        done = subprocess.run([*QA, "show", "c1", "--store", location], capture_output=True, text=True, check=False)
        assert done.returncode == 2
        assert "打不开结果库" in done.stderr
        assert secret not in done.stdout + done.stderr
        assert make_url(location).render_as_string(hide_password=False).split("@")[0] not in done.stderr


@pytest.mark.slow
def test_a_store_that_must_exist_is_not_made(postgres: Server) -> None:
    url = postgres.database()
    for _ in range(2):
        with pytest.raises(StoreError, match="这里还没有质检结果"):
            Store.open(url, must_exist=True)


@pytest.mark.slow
def test_the_location_from_the_environment(postgres: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    url = postgres.database()
    with Store.open(url) as store:
        store.save(a_call(), KEYS)
    monkeypatch.setenv("TINGJIAN_STORE", url)
    done = subprocess.run([*QA, "show", "c1"], capture_output=True, text=True, check=False)
    assert (done.returncode, "您好" in done.stdout) == (0, True)


@pytest.mark.slow
def test_a_restart_of_the_server_costs_nothing_but_time(postgres: Server) -> None:
    with Store.open(postgres.database()) as store:
        store.save(a_call("before"), KEYS)
        postgres.restart()
        store.save(a_call("after"), KEYS)  # on a connection that the restart has cut
        postgres.stop()
        threading.Timer(1.5, postgres.start).start()
        store.save(a_call("meanwhile"), KEYS)
        assert sorted(store.kept()) == ["after", "before", "meanwhile"]
