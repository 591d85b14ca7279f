"""A whole run, models and native libraries included, looks up no host and opens no connection beyond loopback.

Watched from outside with strace, because a patched ``socket`` module does not see what native code does.
"""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

import pytest
from rayed import ENVIRONMENT, nodes
from support import QA, SampleRun, watched

#: A connection or datagram to an internet address, and the files and sockets of a name look-up.
ADDRESS = re.compile(r'(?:connect|sendto|sendmsg|sendmmsg)\(.*?(?:inet_addr\("(?P<v4>[^"]+)"\)|inet_pton\(AF_INET6, "(?P<v6>[^"]+)")')
LOOKUP = re.compile(r'openat\(.*"/etc/(?:resolv\.conf|hosts)"|sun_path="/(?:var/)?run/(?:nscd/socket|systemd/resolve)')

straced = pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace (apt-get install strace)")


#: A question to a name server, on this machine or beyond.
QUESTION = re.compile(r"htons\(53\)")


def reached_out(trace: str, *, names: bool = True) -> list[str]:
    """The lines of an strace log that show a look-up or a connection beyond this machine.

    Without ``names``, looking a name up in this machine's own files is allowed, as Ray does for ``localhost``; asking a server is not.
    """
    found = []
    for line in trace.splitlines():
        address = ADDRESS.search(line)
        beyond = address and not re.match(r"127\.|::1$|::ffff:127\.", address["v4"] or address["v6"])
        if beyond or QUESTION.search(line) or (names and LOOKUP.search(line)):
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


@straced
@pytest.mark.slow
def test_the_sentiment_model_is_loaded_and_read_on_this_machine(tmp_path: Path) -> None:
    code = (
        "from qa.calls import Turn\n"
        "from qa.sentiment.reader import load\n"
        "turns = [Turn(role='customer', text='你们就是这样对待顾客的吗？我要投诉！')]\n"
        "print(len(load('builtin').read(turns)))\n"
    )
    assert watched((sys.executable, "-c", code), tmp_path / "trace") == "1\n"
    trace = (tmp_path / "trace").read_text(errors="replace")
    assert "model.safetensors" in trace
    assert reached_out(trace) == []


@straced
@pytest.mark.slow
def test_a_run_on_two_nodes_gives_the_same_bytes_and_stays_on_this_machine(
    sample_run: SampleRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "qa.toml").write_text("[cluster]\ncpus = 1\n", encoding="utf-8")
    spread = [str(tmp_path / "store") if part == str(sample_run.store) else part for part in sample_run.command]
    with nodes(tmp_path / "nodes") as cluster:
        engine = ("--engine", "ray", "--address", cluster.address, "--config", str(tmp_path / "qa.toml"))
        watched((*spread, *engine), tmp_path / "driver")
    exported = []
    for store in (sample_run.store, tmp_path / "store"):
        watched((*QA, "export", "calls", "--store", str(store), "--out", str(tmp_path / "calls.jsonl")), tmp_path / "export")
        exported.append((tmp_path / "calls.jsonl").read_bytes())
    assert exported[0] == exported[1]
    trace = "".join((tmp_path / name).read_text(errors="replace") for name in ("nodes", "driver"))
    assert "raylet" in trace
    assert reached_out(trace, names=False) == []


@straced
@pytest.mark.slow
def test_a_ray_of_our_own_stays_on_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = (
        "import pathlib, sys\n"
        "from clustered import a_kit, job\n"
        "from qa.batch.cluster import on_cluster\n"
        "from qa.config import ClusterSettings, Settings\n"
        "settings = Settings(cluster=ClusterSettings(cpus=1))\n"
        "kit = a_kit(pathlib.Path(sys.argv[1]), settings)\n"
        "for _ in range(2):\n"  # a program may run more than once
        "    print(len(list(on_cluster(settings, workers=1)(iter([job('c1'), job('c2')]), kit))))\n"
    )
    monkeypatch.setenv("PYTHONPATH", ENVIRONMENT["PYTHONPATH"])
    assert watched((sys.executable, "-c", code, str(tmp_path)), tmp_path / "trace") == "2\n2\n"
    trace = (tmp_path / "trace").read_text(errors="replace")
    assert "gcs_server" in trace
    assert reached_out(trace, names=False) == []
