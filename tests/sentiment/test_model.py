"""A model that cannot do the work is refused before a batch starts, in words that say what to do."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from qa.errors import ModelError
from qa.sentiment import labels
from qa.sentiment.model import FOLDER, WEIGHTS, resolve

SENTIMENT_ONLY = {"id2label": {"0": "Negative", "1": "Neutral", "2": "Positive"}, "model_type": "bert"}


def folder(path: Path, config: object, weights: bytes | None = None) -> Path:
    path.mkdir()
    (path / "config.json").write_text(json.dumps(config, ensure_ascii=False), encoding="utf-8")
    (path / "vocab.txt").write_text("[PAD]\n[UNK]\n", encoding="utf-8")
    if weights is None:
        save_file({"classifier.weight": np.zeros((3, 4), np.float32)}, path / WEIGHTS)
    else:
        (path / WEIGHTS).write_bytes(weights)
    return path


def test_the_built_in_model_is_whole_and_offers_everything() -> None:
    model = resolve("builtin")
    assert model.labels.names == labels.BUILT_IN
    assert model.reads_context
    assert len(model.fingerprint) == 16
    assert sum(file.stat().st_size for file in FOLDER.iterdir()) <= 60_000_000


def test_a_directory_with_the_common_three_labels_serves(tmp_path: Path) -> None:
    model = resolve(str(folder(tmp_path / "mine", SENTIMENT_ONLY)))
    assert (model.name, model.reads_context, model.labels.exclusive) == ("mine", False, True)
    assert (model.labels.negative, model.labels.positive, model.labels.complaint) == (0, 2, None)
    assert (dict(model.labels.kinds), dict(model.labels.threats)) == ({}, {})


def test_other_weights_are_another_fingerprint(tmp_path: Path) -> None:
    one = resolve(str(folder(tmp_path / "a", SENTIMENT_ONLY)))
    other = folder(tmp_path / "b", SENTIMENT_ONLY)
    save_file({"classifier.weight": np.ones((3, 4), np.float32)}, other / WEIGHTS)
    assert one.fingerprint == resolve(str(tmp_path / "a")).fingerprint
    assert one.fingerprint != resolve(str(other)).fingerprint


@pytest.mark.parametrize(
    ("config", "why"),
    [
        ({"id2label": {"0": "LABEL_0", "1": "LABEL_1"}}, "它的输出是 LABEL_0、LABEL_1"),
        ({"id2label": {"0": "positive"}}, "它的输出是 positive"),
        ({}, "（没有 id2label）"),
    ],
)
def test_a_model_without_the_labels_is_refused(tmp_path: Path, config: dict[str, object], why: str) -> None:
    with pytest.raises(ModelError) as error:
        resolve(str(folder(tmp_path / "mine", config)))
    assert error.value.what == "这个模型不能用来读情绪"
    assert why in str(error.value.why)
    assert error.value.where == str(tmp_path / "mine" / "config.json")


@pytest.mark.parametrize("weights", [b"", b"not weights at all", b"\xff" * 64])
def test_broken_weights_are_refused(tmp_path: Path, weights: bytes) -> None:
    with pytest.raises(ModelError, match="情绪模型的权重损坏"):
        resolve(str(folder(tmp_path / "mine", SENTIMENT_ONLY, weights)))


def test_weights_cut_short_are_refused(tmp_path: Path) -> None:
    place = folder(tmp_path / "mine", SENTIMENT_ONLY)
    whole = (place / WEIGHTS).read_bytes()
    (place / WEIGHTS).write_bytes(whole[:-8])
    with pytest.raises(ModelError, match="情绪模型的权重损坏"):
        resolve(str(place))


def test_one_changed_bit_is_found_where_there_are_hashes(tmp_path: Path) -> None:
    place = tmp_path / "copy"
    shutil.copytree(FOLDER, place)
    whole = bytearray((place / WEIGHTS).read_bytes())
    whole[-1] ^= 1
    (place / WEIGHTS).write_bytes(whole)
    with pytest.raises(ModelError, match="模型文件与校验和不符") as error:
        resolve(str(place))
    assert "model.safetensors" in str(error.value.why)


def test_missing_files_are_named(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelError) as error:
        resolve(str(tmp_path / "empty"))
    assert error.value.why == "缺少 config.json、model.safetensors、tokenizer.json 或 vocab.txt"


def test_a_configuration_that_is_no_json_is_refused(tmp_path: Path) -> None:
    place = folder(tmp_path / "mine", SENTIMENT_ONLY)
    (place / "config.json").write_text("{", encoding="utf-8")
    with pytest.raises(ModelError, match=r"情绪模型的 config.json 读不了"):
        resolve(str(place))


@pytest.mark.parametrize("name", ["./nowhere", "/no/such/folder", "builtln", "a/b/c"])
def test_a_name_that_is_nothing_is_refused(name: str) -> None:
    with pytest.raises(ModelError, match="找不到情绪模型"):
        resolve(name)


def test_a_hub_model_is_not_fetched_unless_allowed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(ModelError) as error:
        resolve("someone/some-model")
    assert error.value.why == "本机没有缓存，而程序默认不联网"


def test_the_wheel_carries_the_model() -> None:
    wheel = pytest.importorskip("hatchling.builders.wheel")
    builder = wheel.WheelBuilder(str(Path(__file__).parents[2]))
    carried = {
        Path(file.distribution_path).name for file in builder.recurse_included_files() if "sentiment/builtin" in file.distribution_path
    }
    assert carried == {path.name for path in FOLDER.iterdir()}
