"""A bucket on this machine: as much of the S3 protocol as listing and reading need, served from a folder."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape


@contextmanager
def bucket(folder: Path) -> Iterator[str]:
    """The endpoint of a server whose only bucket is ``calls``, with the files of a folder as its objects."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, folder)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, folder: Path, *rest: Any) -> None:
        self._folder = folder
        super().__init__(*rest)

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        name, asked = unquote(url.path).removeprefix("/calls").strip("/"), parse_qs(url.query)
        path = self._folder / name
        if not name:
            self._answer(200, self._listing(asked.get("prefix", [""])[0], asked.get("delimiter", [""])[0]))
        elif path.is_file():
            data = path.read_bytes()
            wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
            part = data[int(wanted[1]) : int(wanted[2]) + 1 if wanted[2] else None] if wanted else data
            self._answer(206 if wanted else 200, part, path)
        else:
            self._answer(404, b"<Error><Code>NoSuchKey</Code></Error>")

    def _listing(self, prefix: str, delimiter: str) -> bytes:
        keys = sorted(path.relative_to(self._folder).as_posix() for path in self._folder.rglob("*") if path.is_file())
        found, folders = "", set[str]()
        for key in (key for key in keys if key.startswith(prefix)):
            head, parted, _ = key[len(prefix) :].partition(delimiter) if delimiter else (key, "", "")
            if parted:
                folders.add(prefix + head + parted)
                continue
            path = self._folder / key
            found += f"<Contents><Key>{escape(key)}</Key><LastModified>{_time(path, '%Y-%m-%dT%H:%M:%S.000Z')}</LastModified>"
            found += f"<ETag>&quot;{path.stat().st_mtime_ns}&quot;</ETag><Size>{path.stat().st_size}</Size></Contents>"
        found += "".join(f"<CommonPrefixes><Prefix>{escape(one)}</Prefix></CommonPrefixes>" for one in sorted(folders))
        return f"<ListBucketResult><Name>calls</Name><IsTruncated>false</IsTruncated>{found}</ListBucketResult>".encode()

    def _answer(self, status: int, data: bytes, path: Path | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        if path is not None:
            self.send_header("ETag", f'"{path.stat().st_mtime_ns}"')
            self.send_header("Last-Modified", _time(path, "%a, %d %b %Y %H:%M:%S GMT"))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing on the terminal."""


def _time(path: Path, form: str) -> str:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC).strftime(form)
