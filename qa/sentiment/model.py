"""Which sentiment model is meant by a name, where it lies, and whether it can do the work: all before a batch starts."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from qa.asr.models import sha256, verify_sums
from qa.errors import ModelError
from qa.sentiment import labels
from qa.sentiment.labels import Labels
from qa.sentiment.words import GRAMS
from qa.sentiment.words import WEIGHTS as WORD_WEIGHTS

BUILT_IN = "builtin"
FOLDER = Path(__file__).with_name("builtin")
WEIGHTS, CONFIG, TOKENIZER = "model.safetensors", "config.json", "tokenizer.json"
_VOCABULARIES = (TOKENIZER, "vocab.txt")
_INDEX = "model.safetensors.index.json"
CONTEXT = "reads_context"  # in config.json: the model was trained on a turn with the words before it as second text


@dataclass(frozen=True, slots=True)
class Model:
    """A model directory that was found whole; ``fingerprint`` is the SHA-256 of all that decides its answers, shortened."""

    name: str
    path: Path
    fingerprint: str
    labels: Labels
    reads_context: bool
    config: Mapping[str, object]


def resolve(name: str) -> Model:
    """The model a user means: ``builtin``, a directory in Hugging Face layout, or a hub id that is on this machine.

    Weights are read as safetensors only, and no code that comes with a model is ever run. A hub model is fetched
    only where the user has allowed the hub (``HF_HUB_OFFLINE=0`` in the environment).

    >>> resolve("builtin").name
    'builtin'

    Raises:
        ModelError: it is missing, incomplete, damaged, or has none of the labels wanted (:mod:`qa.sentiment.labels`).
    """
    if name == BUILT_IN:
        return _check(name, FOLDER, "重新安装听检：pip install --force-reinstall tingjian")
    folder = Path(name).expanduser()
    if folder.is_dir():
        return _check(folder.resolve().name, folder, "补齐或重新下载这个模型；目录应是 Hugging Face 格式的文本分类模型")
    if folder.exists() or name.startswith((".", "/", "~")) or name.count("/") != 1 or "\\" in name:
        raise ModelError(
            "找不到情绪模型",
            where=name,
            why="不是一个目录",
            next_step="sentiment.model 请写 builtin、模型目录，或 hub 上的模型名（用户/模型）",
        )
    return _check(name, _from_hub(name), "重新下载这个模型")


def _check(name: str, folder: Path, remedy: str) -> Model:
    weights = _weights(folder)
    absent = [file for file in (CONFIG,) if not (folder / file).is_file()]
    if not weights:
        absent.append(WEIGHTS)
    if not any((folder / file).is_file() for file in _VOCABULARIES):
        absent.append(" 或 ".join(_VOCABULARIES))
    if absent:
        raise ModelError("情绪模型不完整", where=str(folder), why=f"缺少 {'、'.join(absent)}", next_step=remedy)
    config = _json(folder / CONFIG, remedy)
    found = labels.of(config, str(folder / CONFIG))
    verify_sums(folder)
    for file in weights:
        _check_weights(file, remedy)
    besides = [folder / file for file in (*_VOCABULARIES, GRAMS, WORD_WEIGHTS) if (folder / file).is_file()]
    decisive = [folder / CONFIG, *besides, *weights]
    return Model(name, folder, sha256(decisive)[:16], found, bool(config.get(CONTEXT)), config)


def _weights(folder: Path) -> list[Path]:
    if (folder / WEIGHTS).is_file():
        return [folder / WEIGHTS]
    return sorted(folder.glob("model-*.safetensors")) if (folder / _INDEX).is_file() else []


def _json(path: Path, remedy: str) -> Mapping[str, object]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"情绪模型的 {path.name} 读不了", where=str(path), why=str(error), next_step=remedy) from error
    if not isinstance(value, dict):
        raise ModelError(f"情绪模型的 {path.name} 读不了", where=str(path), why="里面不是一个对象", next_step=remedy)
    return value


def _check_weights(path: Path, remedy: str) -> None:
    """The header is whole and the file as long as it says: what a broken download or a stray text file is not."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as tensors:
            tensors.keys()
    except (SafetensorError, OSError) as error:
        raise ModelError("情绪模型的权重损坏", where=str(path), why=str(error), next_step=remedy) from error


def _from_hub(name: str) -> Path:
    from huggingface_hub import snapshot_download

    allowed = os.environ.get("HF_HUB_OFFLINE", "1").lower() in ("0", "false", "no", "")
    patterns = ["*.json", "*.txt", "*.safetensors"]
    try:
        return Path(snapshot_download(name, allow_patterns=patterns, local_files_only=not allowed))
    except (OSError, ValueError, RuntimeError) as error:
        lines = str(error).splitlines()
        why = "下载失败：" + (lines[0] if lines else type(error).__name__) if allowed else "本机没有缓存，而程序默认不联网"
        step = "检查网络和模型名后重试" if allowed else "设环境变量 HF_HUB_OFFLINE=0 允许下载一次，或下载好后把 sentiment.model 写成目录"
        raise ModelError("取不到情绪模型", where=name, why=why, next_step=step) from error
