"""A PostgreSQL server of our own for tests: made in a temporary folder, on a free port of loopback, gone afterwards."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

PASSWORD = "s3cret密码/@:"  # characters that a URL must escape, so that showing it anywhere is found out


def binaries() -> Path | None:
    """Where the server's programs lie; None when there is none on this machine."""
    if (found := shutil.which("initdb")) is not None:
        return Path(found).parent
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return versions[-1].parent if versions else None


@dataclass
class Server:
    """A server that can be stopped and started; each database asked for is a new one."""

    home: Path
    programs: Path
    port: int
    user: str | None
    _numbers: count[int] = field(default_factory=count)

    def start(self) -> None:
        self._run("pg_ctl", "-D", str(self.home / "data"), "-l", str(self.home / "log"), "-w", "-t", "30", "start")

    def stop(self, *, mode: str = "fast") -> None:
        self._run("pg_ctl", "-D", str(self.home / "data"), "-m", mode, "-w", "stop")

    def restart(self) -> None:
        self.stop()
        self.start()

    def database(self) -> str:
        """The URL of a new, empty database whose language sorts otherwise than by bytes."""
        from sqlalchemy import URL, create_engine

        name = f"tingjian_{next(self._numbers)}"
        url = URL.create("postgresql+psycopg", "qa", PASSWORD, "127.0.0.1", self.port, "postgres")
        engine = create_engine(url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql(
                f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8' "
                "LOCALE_PROVIDER icu ICU_LOCALE 'zh-CN'"
            )
        engine.dispose()
        return url.set(database=name).render_as_string(hide_password=False)

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self.programs / program), *arguments]
        done = subprocess.run(command, user=self.user, capture_output=True, text=True, check=False, cwd=self.home, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr


@contextmanager
def server(programs: Path) -> Iterator[Server]:
    """A running server; root may not run one, so root's is run by the user that the package makes."""
    user = "postgres" if os.geteuid() == 0 else None
    home = Path(tempfile.mkdtemp(prefix="tingjian-postgres-"))
    try:
        (home / "password").write_text(PASSWORD, encoding="utf-8")
        if user:
            account = pwd.getpwnam(user)
            for path in (home, home / "password"):
                os.chown(path, account.pw_uid, account.pw_gid)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        running = Server(home, programs, port, user)
        running._run(
            "initdb", "-D", str(home / "data"), "-U", "qa", "-A", "scram-sha-256", "--pwfile", str(home / "password"), "-E", "UTF8"
        )
        with (home / "data" / "postgresql.conf").open("a", encoding="utf-8") as settings:
            settings.write(f"listen_addresses = '127.0.0.1'\nport = {port}\nunix_socket_directories = ''\nfsync = off\n")
        running.start()
        try:
            yield running
        finally:
            running.stop(mode="immediate")
    finally:
        shutil.rmtree(home, ignore_errors=True)
