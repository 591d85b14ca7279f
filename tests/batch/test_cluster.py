"""A cluster gives the results of one process; machines that go, calls that kill their worker and wrong settings cost little."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from clustered import a_kit, dying, hopeless, job
from rayed import ENVIRONMENT, Nodes, nodes

from qa.batch import attempts
from qa.batch.cluster import on_cluster
from qa.batch.executors import Job, Kit, Outcome, in_process
from qa.calls import Quarantined
from qa.config import BatchSettings, ClusterSettings, Settings
from qa.errors import ConfigError, ModelError, QaError

pytestmark = pytest.mark.slow

SETTINGS = Settings(cluster=ClusterSettings(cpus=1), batch=BatchSettings(timeout=60))


@pytest.fixture(scope="module")
def cluster() -> Iterator[Nodes]:
    with pytest.MonkeyPatch.context() as patch, nodes() as running:
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        yield running


def kit(settings: Settings = SETTINGS) -> Kit:
    with tempfile.TemporaryDirectory() as folder:
        return a_kit(Path(folder), settings)


def done(jobs: list[Job], cluster: Nodes, settings: Settings) -> dict[str, Outcome]:
    pairs = list(on_cluster(settings, address=cluster.address)(iter(jobs), kit(settings)))
    assert sorted(one.task.recording.call_id for one, _ in pairs) == sorted(one.task.recording.call_id for one in jobs)
    return {one.task.recording.call_id: outcome for one, outcome in pairs}


def alone(jobs: list[Job]) -> dict[str, Outcome]:
    return {one.task.recording.call_id: outcome for one, outcome in in_process(iter(jobs), kit())}


def test_two_nodes_give_what_one_process_gives(cluster: Nodes) -> None:
    wanted = [job(f"c{number}") for number in range(40)] + [job("bad-1")]
    drawn = most = 0
    outcomes: dict[str, Outcome] = {}

    def jobs() -> Iterator[Job]:
        nonlocal drawn
        for one in wanted:
            drawn += 1
            yield one

    for one, outcome in on_cluster(SETTINGS, address=cluster.address)(jobs(), kit()):
        outcomes[one.task.recording.call_id] = outcome
        most = max(most, drawn - len(outcomes))
    assert outcomes == alone(wanted)
    assert most <= 2 * SETTINGS.cluster.ahead + 1  # no more are drawn than two workers need


def test_calls_that_kill_or_hang_their_worker_are_set_aside_and_take_no_other_with_them(cluster: Nodes, tmp_path: Path) -> None:
    good = [job(f"c{number}") for number in range(8)]
    settings = SETTINGS.model_copy(update={"batch": BatchSettings(timeout=6.0, retries=1)})
    outcomes = done([*good[:3], job("deadly-1"), *good[3:], job("once-1", str(tmp_path / "mark")), job("endless-1")], cluster, settings)
    deadly, endless = outcomes.pop("deadly-1"), outcomes.pop("endless-1")
    assert isinstance(deadly, Quarantined)
    assert "共试 2 次" in deadly.message
    assert isinstance(endless, Quarantined)
    assert "超过 6 秒没有做完" in endless.message
    assert outcomes.pop("once-1") == alone([job("once-1", str(tmp_path / "mark"))])["once-1"]  # the mark is there now
    assert outcomes == alone(good)


def test_a_node_that_is_lost_costs_nothing_but_time(cluster: Nodes) -> None:
    jobs = [job(f"slow-{number}") for number in range(40)]
    settings = SETTINGS.model_copy(update={"batch": BatchSettings(retries=0)})  # no call may be blamed
    outcomes: dict[str, Outcome] = {}
    for one, outcome in on_cluster(settings, address=cluster.address)(iter(jobs), kit(settings)):
        outcomes[one.task.recording.call_id] = outcome
        if len(outcomes) == 10:
            cluster.tell("lose")
    assert outcomes == alone(jobs)
    cluster.tell("join")


def test_what_concerns_every_call_stops_the_run(cluster: Nodes, monkeypatch: pytest.MonkeyPatch) -> None:
    run = on_cluster(SETTINGS, address=cluster.address)
    with pytest.raises(ModelError, match="没有模型"):
        list(run(iter([job("c1"), job("hopeless-1")]), kit()))
    with pytest.raises(ModelError, match="识别模型不完整"):
        list(run(iter([job("c1")]), replace(kit(), making=hopeless)))
    monkeypatch.setattr(attempts, "HOPELESS", 2)
    with pytest.raises(QaError, match="接连 2 次意外结束"):
        list(run(iter([job("c1")]), replace(kit(), making=dying)))


def test_a_worker_that_fits_nowhere(cluster: Nodes) -> None:
    for asked, said in ((ClusterSettings(cpus=64), "64 核、0 块 GPU"), (ClusterSettings(cpus=1, gpus=0.5), "1 核、0.5 块 GPU")):
        run = on_cluster(SETTINGS.model_copy(update={"cluster": asked}), address=cluster.address)
        with pytest.raises(ConfigError, match=f"容得下一个工作进程\n  原因：每个要 {said}；全集群有"):
            list(run(iter([job("c1")]), kit()))


def test_a_cluster_that_is_not_there() -> None:
    with pytest.raises(ConfigError, match="连不上 Ray 集群"):
        list(on_cluster(SETTINGS, address="127.0.0.1:1")(iter([job("c1")]), kit()))
