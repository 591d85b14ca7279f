"""A Ray cluster of two nodes on this machine, in a process of its own that is told on its input to lose one of them."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from support import ROOT, straced

#: What every process of a cluster on loopback needs, the tests' own process too, before Ray is loaded.
ENVIRONMENT = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_USAGE_STATS_REPORT_URL": "http://127.0.0.1:9/",
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
    "RAY_AUTH_MODE": "disabled",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "PYTHONPATH": os.pathsep.join((str(ROOT / "tests"), str(ROOT))),
}
NODE = {"num_cpus": 1, "include_dashboard": False, "node_ip_address": "127.0.0.1", "object_store_memory": 128 * 2**20}


@dataclass
class Nodes:
    """The running cluster."""

    address: str
    process: subprocess.Popen[str]

    def tell(self, order: str) -> None:
        """``lose`` kills the second node as a power cut would; ``join`` starts another."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{order}\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == f"{order}\n"


@contextmanager
def nodes(trace: Path | None = None) -> Iterator[Nodes]:
    """The cluster for the time of the block; ``trace`` is where to write down whom its processes reach out to."""
    with tempfile.TemporaryDirectory(prefix="tingjian-nodes-") as home:
        Path(home, "ray_bootstrap_config.yaml").write_text("{}\n", encoding="utf-8")
        environment = os.environ | ENVIRONMENT | {"HOME": home}
        command = [*(straced(trace) if trace else ()), sys.executable, str(Path(__file__))]
        with subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            address = process.stdout.readline().strip()
            assert address, "the cluster has not started"
            yield Nodes(address, process)
            process.stdin.close()


def main() -> None:
    from ray.cluster_utils import Cluster

    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever Ray prints stays out of the answers
    for attempt in range(3):  # Ray gives a node half a minute to start, which a busy machine does not always keep
        cluster = Cluster()
        try:
            cluster.add_node(**NODE)
            others = [cluster.add_node(**NODE)]
            break
        except Exception:
            cluster.shutdown()
            if attempt == 2:
                raise
    print(cluster.address, file=out, flush=True)
    for line in sys.stdin:
        if line.strip() == "lose":
            cluster.remove_node(others.pop(), allow_graceful=False)
        else:
            others.append(cluster.add_node(**NODE))
        print(line.strip(), file=out, flush=True)
    cluster.shutdown()


if __name__ == "__main__":
    main()
