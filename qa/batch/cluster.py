"""A Ray cluster: actors that keep their models warm, on this machine or on many, with the results of one machine.

The driver hands each actor a few jobs at a time and keeps what comes back, so that memory stays flat however long the
batch is. Machines may join and leave while it runs: actors are added as there is room, and what an actor was at when
its machine went is done again elsewhere. Starting, placing and watching processes is Ray's work and not ours.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
import tempfile
import time
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from qa import __version__
from qa.batch.attempts import Attempts
from qa.batch.executors import Executor, Job, Kit, Outcome
from qa.batch.workers import LOOK, STARTING
from qa.config import Settings
from qa.errors import ConfigError, QaError

#: Seconds between looks at how many actors the cluster has room for.
_GROW = 10.0
#: Seconds to wait until the cluster knows what became of an actor that cannot be reached; it takes some to miss a machine.
_CERTAIN = 60.0

#: Further switches that keep a Ray of our own on this machine silent: it would ask cloud providers where it runs. They go
#: beyond :data:`qa.QUIET_ENVIRONMENT` because a cluster of several machines must not have the second one.
_ALONE = {
    "RAY_USAGE_STATS_REPORT_URL": "http://127.0.0.1:9/",  # "disabled" is reported too, once
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",  # addresses are loopback's, and nobody is asked for them
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_AUTH_MODE": "token",  # other users of the machine stay out
}
#: Where Ray looks for the cloud it runs on before it asks the network.
_BOOTSTRAP = "ray_bootstrap_config.yaml"
_QUIET: dict[str, Any] = {"log_to_driver": False, "logging_level": "error", "configure_logging": False}
#: How often a Ray of our own is tried to start: it gives its parts half a minute, which a busy machine does not always keep.
_STARTS = 3
#: Memory for results on their way, in a Ray of our own; Ray would take a third of the machine.
_OBJECT_STORE = 256 * 2**20


def on_cluster(settings: Settings, *, workers: int = 0, address: str | None = None) -> Executor:
    """What does the work of a run on a cluster.

    ``address`` is ``auto`` (the cluster that this machine belongs to), ``HOST:PORT`` of its head, or ``local`` (also None):
    a Ray of our own on this machine for as long as the run lasts. More than one of ``workers`` is how many actors there
    are at most; otherwise as many as the cluster has room for.

    Raises:
        ConfigError: Ray is not installed.
    """
    if find_spec("ray") is None:  # looked for and not imported: its switches must be set before
        raise ConfigError("没有安装 Ray", next_step="pip install 'tingjian[ray]'，或不用 --engine ray")
    return _Cluster(settings, workers if workers > 1 else 0, address or "local")


@dataclass(frozen=True, slots=True)
class _Cluster:
    settings: Settings
    workers: int
    address: str

    def __call__(self, jobs: Iterable[Job], kit: Kit) -> Iterator[tuple[Job, Outcome]]:
        """See :class:`~qa.batch.executors.Executor`."""
        with _connected(self.address) as environment:
            crew = _Crew(
                self.settings, self.workers, _for_one(kit, self.settings), environment, Attempts(iter(jobs), self.settings.batch.retries)
            )
            try:
                yield from crew.work()
            finally:
                crew.dismiss()


def _for_one(kit: Kit, settings: Settings) -> Kit:
    """The kit for one actor: as many threads as it has cores of its own."""
    hearing = settings.hearing.model_copy(update={"threads": settings.hearing.threads or max(1, int(settings.cluster.cpus))})
    return replace(kit, settings=kit.settings.model_copy(update={"hearing": hearing}))


class _Actor:
    """One worker of the cluster; runs in a process that Ray starts."""

    def __init__(self, kit: Kit, version: str, environment: dict[str, str]) -> None:
        os.environ.update(environment)
        self._broken: QaError | None = None
        if version != __version__:
            self._broken = ConfigError(
                "集群各机器上的听检版本不同", why=f"提交任务的是 {version}，工作进程是 {__version__}", next_step="在每台机器上装同一版本"
            )
            return
        try:
            self._work = kit.worker()
        except QaError as error:
            self._broken = error

    def place(self) -> str:
        """The node it runs on; answers when the worker is ready."""
        import ray

        return str(ray.get_runtime_context().get_node_id())

    def do(self, job: Job) -> Outcome | QaError:
        """The job's outcome; as a value what concerns the whole run."""
        if self._broken:
            return self._broken
        try:
            return self._work(job)
        except QaError as error:
            return error


@dataclass(slots=True)
class _Worker:
    actor: Any
    starting: Any  # the answer to come of an actor that is not ready
    since: float
    node: str | None = None
    jobs: deque[tuple[Any, Job]] = field(default_factory=deque)  # the first is being done, the others wait behind it


@dataclass(slots=True)
class _Crew:
    """The actors of one run, and what they are at."""

    settings: Settings
    limit: int
    kit: Kit
    environment: dict[str, str]
    attempts: Attempts
    workers: list[_Worker] = field(default_factory=list)
    grown: float = 0.0
    packed: Any = None

    def work(self) -> Iterator[tuple[Job, Outcome]]:
        import ray

        self.packed = ray.put(self.kit)
        following = self.attempts.next()
        while True:
            if following is not None:
                self._grow()
            following = self._hand_out(following)
            if following is None and not any(worker.jobs for worker in self.workers):
                yield from self.attempts.release()
                return
            yield from self._collect()
            following = following or self.attempts.next()

    def _grow(self) -> None:
        """Start actors where there is room; at once when there is none at all."""
        import ray

        if self.workers and time.monotonic() - self.grown < _GROW:
            return
        self.grown = time.monotonic()
        wanted = self._room()
        if not wanted and not self.workers:
            raise ConfigError(
                "集群里没有一台机器容得下一个工作进程",
                why=f"每个要 {self.settings.cluster.cpus:g} 核、{self.settings.cluster.gpus:g} 块 GPU；全集群有 {_resources()}",
                next_step="调小设置 cluster.cpus、cluster.gpus，或加机器",
            )
        actors = ray.remote(_Actor)
        while len(self.workers) < wanted:
            cluster = self.settings.cluster
            # Dead actors are replaced here and not by Ray, which would run a call that kills its actor again unseen.
            actor = actors.options(num_cpus=cluster.cpus, num_gpus=cluster.gpus, max_restarts=0, max_task_retries=0).remote(
                self.packed, __version__, self.environment
            )
            self.workers.append(_Worker(actor, actor.place.remote(), time.monotonic()))

    def _room(self) -> int:
        """How many actors the living machines can hold together."""
        import ray

        cluster, room = self.settings.cluster, 0
        for node in ray.nodes():
            if node["Alive"]:
                has = node["Resources"]
                fits = [int(has.get("CPU", 0) / cluster.cpus)]
                fits += [int(has.get("GPU", 0) / cluster.gpus)] if cluster.gpus else []
                room += min(fits)
        return min(room, self.limit) if self.limit else room

    def _hand_out(self, job: Job | None) -> Job | None:
        """Give jobs to actors that are ready, evenly; the job for which none had room."""
        for depth in range(1, self.settings.cluster.ahead + 1):
            for worker in self.workers:
                while job is not None and worker.node and len(worker.jobs) < depth and not self._alone(worker, job):
                    if not worker.jobs:
                        worker.since = time.monotonic()
                    worker.jobs.append((worker.actor.do.remote(job), job))
                    job = self.attempts.next()
        return job

    def _alone(self, worker: _Worker, job: Job) -> bool:
        """Whether either job is one that has cost a worker, behind or before which no other should wait."""
        return bool(worker.jobs) and (self.attempts.suspect(job) or any(self.attempts.suspect(other) for _, other in worker.jobs))

    def _collect(self) -> Iterator[tuple[Job, Outcome]]:
        """What has been done since the last look, and what became of actors that are no more."""
        import ray

        awaited = {reference: worker for worker in self.workers for reference in _references(worker)}
        there, _ = ray.wait(list(awaited), num_returns=len(awaited), timeout=0)
        if not there:
            there, _ = ray.wait(list(awaited), num_returns=1, timeout=LOOK)
        for reference in there:
            worker = awaited[reference]
            if worker in self.workers:
                yield from self._answered(worker, reference)
        for worker in list(self.workers):
            if why := self._overdue(worker):
                self._lost(worker, why)
        if self.workers and all(worker.node is None and time.monotonic() - worker.since > STARTING for worker in self.workers):
            why = f"等了 {STARTING:g} 秒，没有一个工作进程就绪；全集群有 {_resources()}"
            raise QaError("集群没有空出位置来", why=why, next_step="看 ray status 里谁占着资源；或调小设置 cluster.cpus、cluster.gpus")

    def _answered(self, worker: _Worker, reference: Any) -> Iterator[tuple[Job, Outcome]]:
        import ray
        from ray.exceptions import ObjectLostError, RayActorError, RayError

        try:
            answer = ray.get(reference)
        except ObjectLostError:  # done, and gone with its machine before it was fetched
            self._lost(worker, "结果随所在的机器丢失")
            return
        except RayActorError as error:
            self._lost(worker, _died(_certain(worker, error)))
            return
        except RayError as error:
            why = str(error).strip().splitlines()[-1]
            raise QaError("Ray 集群出错", why=why, next_step="检查集群（ray status）后重跑；做完的都已保存") from error
        if reference is worker.starting:
            worker.starting, worker.node = None, answer
            return
        if isinstance(answer, QaError):
            raise answer
        job = next(job for known, job in worker.jobs if known is reference)
        worker.jobs.remove((reference, job))
        worker.since = time.monotonic()
        yield from self.attempts.release()
        yield job, answer

    def _overdue(self, worker: _Worker) -> str | None:
        limit = self.settings.batch.timeout
        waited = time.monotonic() - worker.since
        if not limit or not worker.jobs or waited <= limit:
            return None
        return f"超过 {limit:g} 秒没有做完（设置 batch.timeout）"

    def _lost(self, worker: _Worker, why: str) -> None:
        """Give up an actor. The job it was at is blamed, unless its machine went too; those behind it are only put back."""
        import ray

        self.workers.remove(worker)
        self.grown = 0.0  # so that another takes its place at once
        with contextlib.suppress(Exception):
            ray.kill(worker.actor)
        jobs = [job for _, job in worker.jobs]
        alive = {node["NodeID"] for node in ray.nodes() if node["Alive"]}
        if worker.node is not None and worker.node not in alive:
            for job in jobs:
                self.attempts.put_back(job)
            return
        for job in jobs[1:]:
            self.attempts.put_back(job)
        self.attempts.lost(jobs[0] if jobs else None, why)

    def dismiss(self) -> None:
        """End all actors, whatever they are at."""
        import ray

        for worker in self.workers:
            with contextlib.suppress(Exception):
                ray.kill(worker.actor)
        self.workers.clear()


def _references(worker: _Worker) -> list[Any]:
    return [worker.starting] if worker.starting is not None else [reference for reference, _ in worker.jobs]


def _certain(worker: _Worker, error: Exception) -> Exception:
    """What became of an actor that cannot be reached: the cluster knows after a while whether it or its machine is gone."""
    import ray
    from ray.exceptions import ActorUnavailableError, RayError

    began = time.monotonic()
    while isinstance(error, ActorUnavailableError) and time.monotonic() - began < _CERTAIN:
        time.sleep(LOOK)
        try:
            ray.get(worker.actor.place.remote(), timeout=_CERTAIN)
            break
        except RayError as later:
            error = later
    return error


def _died(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"集群上的工作进程意外退出（{lines[-1][:200] if lines else type(error).__name__}）"


def _resources() -> str:
    import ray

    has = ray.cluster_resources()
    return f"{has.get('CPU', 0):g} 核、{has.get('GPU', 0):g} 块 GPU"


@contextlib.contextmanager
def _connected(address: str) -> Iterator[dict[str, str]]:
    """Ray, connected for the time of a run; what actors have to set in their environment."""
    os.environ.setdefault("RAY_DEDUP_LOGS_SKIP_REGEX", ".")  # what Ray would print of lost workers among our own lines
    if address == "local":
        with _own_ray() as environment:
            yield environment
        return
    import ray

    if ray.is_initialized():  # by a program that uses the library and keeps its own connection
        yield {}
        return
    try:
        if ":" in address and "://" not in address:  # Ray waits for minutes, deaf to Ctrl-C, where nobody answers
            host, _, port = address.rpartition(":")
            socket.create_connection((host, int(port)), timeout=10).close()
        ray.init(address=address, **_QUIET)
    except (OSError, RuntimeError, ValueError) as error:
        raise ConfigError(
            "连不上 Ray 集群",
            where=address,
            why=str(error).strip().splitlines()[0],
            next_step="先在本机 ray start --head（或 --address=主节点:6379 加入集群）；只用本机则写 --address local；见 docs/operations.md",
        ) from error
    try:
        yield {}
    finally:
        ray.shutdown()


@cache
def _token() -> str:
    """What processes of a Ray of our own know each other by: one for each process of ours, because Ray reads it once."""
    return secrets.token_hex(32)


@contextlib.contextmanager
def _own_ray() -> Iterator[dict[str, str]]:
    """A Ray on this machine that reaches out to nobody, and is gone afterwards."""
    before = dict(os.environ)
    with tempfile.TemporaryDirectory(prefix="tingjian-ray-") as home:
        # Its processes look in their home for the cloud they are in, and ask the network when nothing is written there.
        Path(home, _BOOTSTRAP).write_text("{}\n", encoding="utf-8")
        os.environ.update(_ALONE | {"HOME": home, "RAY_AUTH_TOKEN": _token()})
        import ray  # not before: it reads these switches as it loads

        try:
            for attempt in range(_STARTS):
                try:
                    ray.init(
                        address="local", include_dashboard=False, _node_ip_address="127.0.0.1", object_store_memory=_OBJECT_STORE, **_QUIET
                    )
                    break
                except Exception as error:  # whatever it is, it comes as a bare Exception or a RuntimeError
                    ray.shutdown()
                    if attempt + 1 == _STARTS:
                        why, next_step = str(error).strip().splitlines()[0], "机器太忙或内存不足：稍后重试，或不用 --engine ray"
                        raise QaError("本机的 Ray 没有启动起来", why=why, next_step=next_step) from error
        finally:
            os.environ.clear()
            os.environ.update(before)
        try:
            yield {"HOME": before["HOME"]} if "HOME" in before else {}
        finally:
            ray.shutdown()
