"""What the reader makes of a call, and that nothing but the turn and its context decides it."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path

import numpy as np
import pytest

from qa.calls import Turn
from qa.errors import ModelError
from qa.sentiment.model import FOLDER, resolve
from qa.sentiment.network import PlainBert, Together, Transformer, load_network
from qa.sentiment.reader import ModelReader, load

CASES = json.loads((Path(__file__).parents[1] / "cases" / "sentiment.json").read_text(encoding="utf-8"))

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def reader() -> ModelReader:
    return load("builtin")


def turns(*said: tuple[str, str]) -> tuple[Turn, ...]:
    return tuple(Turn(role="agent" if who == "客服" else "customer", text=text) for who, text in said)


CALL = turns(
    ("客服", "您好，请问有什么可以帮您？"),
    ("客户", "我的包裹到哪儿了？"),
    ("客服", "这个不归我管。"),
    ("客户", "你们就会推来推去，再不解决我就打一二三一五！"),
    ("客服", "非常抱歉，我马上给您加急。"),
    ("客户", "好的，谢谢。"),
)


def test_a_call_is_read_turn_by_turn(reader: ModelReader) -> None:
    calm, angry, thanks = reader.read(CALL)
    assert [reading.turn for reading in (calm, angry, thanks)] == [1, 3, 5]
    assert (calm.complaint < 0.5, calm.kind, calm.threat < 0.5, calm.threat_kind, calm.evidence) == (True, None, True, None, ())
    assert (angry.complaint > 0.5, angry.threat > 0.5, angry.threat_kind) == (True, True, "监管")
    assert angry.sentiment < calm.sentiment < thanks.sentiment
    for begin, end, weight in angry.evidence:
        assert 0 <= begin < end <= len(CALL[3].text)
        assert abs(weight) >= 0.3
    assert angry.evidence


def test_the_same_call_gives_the_same_reading_whatever_else_was_read(reader: ModelReader) -> None:
    first = reader.read(CALL)
    reader.read(turns(("客户", "一"), ("客户", "你们的服务真好" * 30)))
    assert reader.read(CALL) == first
    assert load("builtin").read(CALL) == first


def test_company_does_not_matter(reader: ModelReader) -> None:
    """The last turns of a call read alone, with the context they see, are what they were in the call."""
    alone = reader.read(CALL[2:4])[0]
    among = reader.read((*CALL[2:4], *turns(("客服", "好"), ("客户", "我要投诉"), ("客服", "嗯"), ("客户", "谢谢你"))))[0]
    assert (alone.complaint, alone.threat, alone.sentiment, alone.evidence) == (
        among.complaint,
        among.threat,
        among.sentiment,
        among.evidence,
    )


def test_nothing_said_nothing_read(reader: ModelReader) -> None:
    assert reader.read(()) == ()
    assert reader.read(turns(("客服", "您好"), ("客户", ""), ("客户", "嗯……"))) == ()


def test_an_unknown_speaker_is_read(reader: ModelReader) -> None:
    assert [reading.turn for reading in reader.read((Turn(role="unknown", text="你们太不讲理了"),))] == [0]


def test_a_long_turn_is_read_whole(reader: ModelReader) -> None:
    calm = "我先说一下情况我是上个月在网上下的单然后填了地址选了上午送货" * 5
    (reading,) = reader.read((Turn(role="customer", text=calm + "你们这是什么服务态度，我要投诉你们！"),))
    assert reading.complaint > 0.5
    assert all(begin >= len(calm) - 60 for begin, _, weight in reading.evidence if weight > 1)


def expected(case: dict[str, str]) -> object:
    why = case.get("known_failure")
    return pytest.param(case, id=case["text"][:16], marks=[pytest.mark.xfail(strict=True, reason=why)] if why else [])


@pytest.mark.parametrize("case", [expected(case) for case in CASES])
def test_language(reader: ModelReader, case: dict[str, object]) -> None:
    said = [Turn(role="agent", text=str(case["agent"]))] if "agent" in case else []
    *_, reading = reader.read([*said, Turn(role="customer", text=str(case["text"]))])
    assert (reading.complaint >= 0.5, reading.threat >= 0.5) == (case["complaint"], case["threat"]), reading


def test_transformers_gives_the_same_numbers() -> None:
    """The plain BERT and the library's read the same files to the same probabilities."""
    model = resolve("builtin")
    plain, library = PlainBert(model), Transformer(model)
    pairs = [("你们就是这样对待顾客的吗", ""), ("对", "客户:我等了三天 客服:您是要投诉吗"), ("谢谢" * 40, "客服:好的")]
    assert np.abs(plain.scores(pairs) - library.scores(pairs)).max() < 1e-4
    together = load_network(model)
    assert isinstance(together, Together)
    assert isinstance(together.network, PlainBert)


def test_weights_that_do_not_fit_the_configuration_are_refused(tmp_path: Path) -> None:
    place = tmp_path / "copy"
    shutil.copytree(FOLDER, place)
    (place / "SHA256SUMS").unlink()
    config = json.loads((place / "config.json").read_text(encoding="utf-8"))
    (place / "config.json").write_text(json.dumps(config | {"num_hidden_layers": config["num_hidden_layers"] + 1}), encoding="utf-8")
    with pytest.raises(ModelError, match="情绪模型装不起来") as error:
        load(str(place))
    assert "权重里缺少 bert.encoder.layer" in str(error.value.why)


def test_it_is_quick_enough(reader: ModelReader) -> None:
    """A hundred turns a second on two cores is fifty a core; half of that is asked here, of a machine that does other things."""
    calls = [CALL] * 20
    start = time.process_time()
    for call in calls:
        reader.read(call)
    assert 3 * len(calls) / (time.process_time() - start) > 12
