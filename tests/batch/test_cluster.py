"""A cluster gives the results of one process; machines that go, calls that kill their worker and wrong settings cost little."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from clustered import canned, dying, hopeless, job
from judging import sheet
from rayed import ENVIRONMENT, Nodes, nodes

from qa.batch.cluster import on_cluster
from qa.batch.executors import Job, Kit, Outcome, in_process
from qa.calls import Quarantined
from qa.config import BatchSettings, ClusterSettings, Settings
from qa.errors import ConfigError, ModelError, QaError
from qa.scoring.choice import Rubrics

pytestmark = pytest.mark.slow
pytest.importorskip("qa.batch.cluster")

GREETING = "points: 5, require: {say: 您好}"
SETTINGS = Settings(cluster=ClusterSettings(cpus=1), batch=BatchSettings(timeout=60))


@pytest.fixture(scope="module")
def cluster() -> Iterator[Nodes]:
    with pytest.MonkeyPatch.context() as patch, nodes() as running:
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        yield running


@cache
def rubrics() -> Rubrics:
    with tempfile.TemporaryDirectory() as folder:
        return Rubrics((sheet(Path(folder), GREETING),))


def kit(settings: Settings = SETTINGS) -> Kit:
    return Kit(settings, rubrics(), making=canned)


def done(jobs: list[Job], cluster: Nodes, settings: Settings = SETTINGS, workers: int = 0) -> dict[str, Outcome]:
    pairs = list(on_cluster(settings, workers=workers, address=cluster.address)(iter(jobs), kit(settings)))
    assert sorted(one.task.recording.call_id for one, _ in pairs) == sorted(one.task.recording.call_id for one in jobs)
    return {one.task.recording.call_id: outcome for one, outcome in pairs}


def alone(jobs: list[Job]) -> dict[str, Outcome]:
    return {one.task.recording.call_id: outcome for one, outcome in in_process(iter(jobs), kit())}


def test_two_nodes_give_what_one_process_gives(cluster: Nodes) -> None:
    jobs = [job(f"c{number}") for number in range(60)] + [job("bad-1")]
    assert done(jobs, cluster) == alone(jobs)
    assert done([], cluster) == {}


def test_no_more_jobs_are_drawn_than_are_needed(cluster: Nodes) -> None:
    drawn = 0

    def jobs() -> Iterator[Job]:
        nonlocal drawn
        for number in range(40):
            drawn += 1
            yield job(f"c{number}")

    most = finished = 0
    for _ in on_cluster(SETTINGS, address=cluster.address)(jobs(), kit()):
        finished += 1
        most = max(most, drawn - finished)
    assert finished == 40
    assert most <= 2 * SETTINGS.cluster.ahead + 2


def test_a_call_that_kills_its_worker_is_set_aside_and_takes_no_other_with_it(cluster: Nodes, tmp_path: Path) -> None:
    good = [job(f"c{number}") for number in range(12)]
    jobs = [*good[:3], job("deadly-1"), *good[3:6], job("once-1", str(tmp_path / "mark")), *good[6:]]
    outcomes = done(jobs, cluster)
    deadly = outcomes.pop("deadly-1")
    assert isinstance(deadly, Quarantined)
    assert "共试 2 次" in deadly.message
    assert outcomes.pop("once-1") == alone([job("once-1", str(tmp_path / "mark"))])["once-1"]  # the mark is there now
    assert outcomes == alone(good)


def test_a_call_that_hangs_is_given_up(cluster: Nodes) -> None:
    settings = SETTINGS.model_copy(update={"batch": BatchSettings(timeout=2.0, retries=0)})
    outcomes = done([job("endless-1"), job("c1"), job("c2"), job("c3")], cluster, settings)
    endless = outcomes.pop("endless-1")
    assert isinstance(endless, Quarantined)
    assert "超过 2 秒没有做完" in endless.message
    assert outcomes == alone([job("c1"), job("c2"), job("c3")])


def test_a_node_that_is_lost_costs_nothing_but_time(cluster: Nodes) -> None:
    jobs = [job(f"slow-{number}") for number in range(40)]
    settings = SETTINGS.model_copy(update={"batch": BatchSettings(retries=0)})  # no call may be blamed
    threading.Timer(3.0, cluster.tell, ("lose",)).start()
    began = time.monotonic()
    outcomes = done(jobs, cluster, settings)
    assert time.monotonic() - began > 3.0
    assert outcomes == alone(jobs)
    cluster.tell("join")


def test_what_concerns_every_call_stops_the_run(cluster: Nodes) -> None:
    run = on_cluster(SETTINGS, address=cluster.address)
    with pytest.raises(ModelError, match="没有模型"):
        list(run(iter([job("c1"), job("hopeless-1")]), kit()))
    with pytest.raises(ModelError, match="识别模型不完整"):
        list(run(iter([job("c1")]), replace(kit(), making=hopeless)))
    with pytest.raises(QaError, match="接连 8 次意外结束"):
        list(run(iter([job("c1")]), replace(kit(), making=dying)))
    large = SETTINGS.model_copy(update={"cluster": ClusterSettings(cpus=64)})
    with pytest.raises(ConfigError, match="容不下一个工作进程\n  原因：每个要 64 核、0 块 GPU；全集群有 2 核"):
        list(on_cluster(large, address=cluster.address)(iter([job("c1")]), kit()))
    graphics = SETTINGS.model_copy(update={"cluster": ClusterSettings(cpus=1, gpus=1)})
    with pytest.raises(ConfigError, match="容不下"):
        list(on_cluster(graphics, address=cluster.address)(iter([job("c1")]), kit()))


def test_a_cluster_that_is_not_there() -> None:
    with pytest.raises(ConfigError, match="连不上 Ray 集群"):
        list(on_cluster(SETTINGS, address="127.0.0.1:1")(iter([job("c1")]), kit()))
