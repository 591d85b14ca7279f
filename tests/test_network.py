"""A whole run, models and native libraries included, looks up no host and opens no connection beyond loopback.

Watched from outside with strace, because a patched ``socket`` module does not see what native code does.
"""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

import pytest
from support import SampleRun, watched

#: A connection or datagram to an internet address, and the files and sockets of a name look-up.
ADDRESS = re.compile(r'(?:connect|sendto|sendmsg|sendmmsg)\(.*?(?:inet_addr\("(?P<v4>[^"]+)"\)|inet_pton\(AF_INET6, "(?P<v6>[^"]+)")')
LOOKUP = re.compile(r'openat\(.*"/etc/(?:resolv\.conf|hosts)"|sun_path="/(?:var/)?run/(?:nscd/socket|systemd/resolve)')

straced = pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace (apt-get install strace)")


def reached_out(trace: str) -> list[str]:
    """The lines of an strace log that show a look-up or a connection beyond this machine."""
    found = []
    for line in trace.splitlines():
        address = ADDRESS.search(line)
        beyond = address and not ((address["v4"] or "").startswith("127.") or address["v6"] == "::1")
        if beyond or LOOKUP.search(line):
            found.append(line)
    return found


@straced
def test_the_watch_sees_a_look_up_and_a_connection(tmp_path: Path) -> None:
    code = (
        "import socket\n"
        "try: socket.getaddrinfo('tingjian.invalid', 80)\n"
        "except OSError: pass\n"
        "s = socket.socket(); s.settimeout(0.2)\n"
        "try: s.connect(('192.0.2.1', 9))\n"
        "except OSError: pass\n"
    )
    watched((sys.executable, "-c", code), tmp_path / "trace")
    found = "\n".join(reached_out((tmp_path / "trace").read_text(errors="replace")))
    assert "/etc/resolv.conf" in found
    assert "192.0.2.1" in found


@straced
@pytest.mark.slow
def test_a_whole_run_and_report_stay_on_this_machine(sample_run: SampleRun) -> None:
    assert "samples" in sample_run.trace  # the log is of the run indeed
    assert reached_out(sample_run.trace) == []
