"""A call is read once; it is read again when what was said, by whom, or the model has changed, and never otherwise."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from qa.calls import Heard, Role, Roles, SentimentTrack, Turn, TurnSentiment
from qa.config import SentimentSettings
from qa.errors import ModelError
from qa.sentiment.model import FOLDER
from qa.sentiment.tracks import Tracks


class Counting:
    """A reader that counts how often it is asked."""

    name, fingerprint = "counting", "f"

    def __init__(self) -> None:
        self.calls = 0

    def read(self, turns: Sequence[Turn]) -> tuple[TurnSentiment, ...]:
        self.calls += 1
        return tuple(TurnSentiment(turn=i, sentiment=-0.5) for i, turn in enumerate(turns) if turn.role != "agent")


def heard(*said: tuple[Role, str]) -> Heard:
    turns = tuple(Turn(role=role, text=text) for role, text in said)
    return Heard(duration=None, channels=0, turns=turns, roles=Roles(method="manual", confidence=1.0))


def test_read_once_and_again_when_anything_that_decides_it_changes() -> None:
    reader = Counting()
    tracks = Tracks("m", "one", lambda: reader)
    call = heard(("agent", "您好"), ("customer", "我要投诉"))
    first = tracks.track(call)
    assert first is not None
    assert (first.model, [one.turn for one in first.turns]) == ("m@one", [1])
    assert tracks.track(call, first) is first
    assert reader.calls == 1
    for other in (heard(("customer", "您好"), ("agent", "我要投诉")), heard(("agent", "您好"), ("customer", "我不投诉"))):
        assert tracks.track(other, first) != first
    assert reader.calls == 3
    assert Tracks("m", "two", lambda: reader).track(call, first) != first
    assert reader.calls == 4


def test_the_model_is_loaded_for_the_first_call_that_has_to_be_read_and_once() -> None:
    loaded = []

    def load() -> Counting:
        loaded.append(1)
        return Counting()

    tracks = Tracks("m", "one", load)
    silent = tracks.track(heard())
    assert silent is not None
    assert silent.turns == ()
    assert tracks.track(heard(("agent", "您好"), ("customer", " "))) is not None
    assert not loaded
    tracks.track(heard(("customer", "喂")))
    tracks.track(heard(("customer", "你好")))
    assert loaded == [1]


def test_switched_off() -> None:
    tracks = Tracks.of(SentimentSettings(model="none"))
    assert (tracks.fingerprint, tracks.track(heard(("customer", "我要投诉")), SentimentTrack(key="k", model="m"))) == ("", None)


def test_a_model_that_cannot_be_used_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="找不到情绪模型"):
        Tracks.of(SentimentSettings(model="./missing"))
    with pytest.raises(ModelError, match="不完整"):
        Tracks.of(SentimentSettings(model=str(tmp_path)))


def test_weights_of_another_shape_than_the_configuration_says_are_refused_before_anything_is_read(tmp_path: Path) -> None:
    place = tmp_path / "copy"
    shutil.copytree(FOLDER, place)
    (place / "SHA256SUMS").unlink()
    config = json.loads((place / "config.json").read_text(encoding="utf-8"))
    for changed, why in (
        ({"num_hidden_layers": config["num_hidden_layers"] + 1}, "权重里缺少 bert.encoder.layer"),
        ({"intermediate_size": 7}, "config.json 说的是 (7,)"),
        ({"id2label": {"0": "complaint"}}, "words.json 的词频只能配各算各的 14 个输出"),
        ({"id2label": {"0": "complaint"}}, "config.json 说的是 (1,)"),  # without the words, the network itself is held against it
        ({"hidden_size": "many"}, "config.json 的 hidden_size 应是正整数，实为 'many'"),
    ):
        if why.endswith("(1,)"):
            (place / "words.json").unlink()
        (place / "config.json").write_text(json.dumps(config | changed), encoding="utf-8")
        with pytest.raises(ModelError, match="情绪模型装不起来") as error:
            Tracks.of(SentimentSettings(model=str(place)))
        assert why in str(error.value.why)


def test_a_gpu_that_is_not_there_is_refused_before_anything_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    torch = pytest.importorskip("torch")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ModelError, match="GPU 不可用"):
        Tracks.of(SentimentSettings(model="builtin", device="cuda"))
    assert Tracks.of(SentimentSettings(model="builtin", device="cpu")).fingerprint
