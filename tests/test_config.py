"""Settings: defaults, files, and every fault of a file at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from qa.config import Settings, load_settings
from qa.errors import ConfigError


def test_without_a_file_the_defaults_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert load_settings() == Settings()


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    file = tmp_path / "qa.toml"
    file.write_text('rubric = "表.yaml"\n[intake]\nroster = "坐席.csv"\n[hearing]\nmodel = "small"\n', encoding="utf-8")
    settings = load_settings(file)
    assert settings.rubric == (tmp_path / "表.yaml",)
    assert (settings.hearing.model, settings.intake.roster) == ("small", tmp_path / "坐席.csv")


def test_all_faults_are_named_at_once_with_the_nearest_key(tmp_path: Path) -> None:
    file = tmp_path / "qa.toml"
    file.write_text('timezone = "北京"\n[hearing]\nmodle = "small"\nbeam_size = 0\n', encoding="utf-8")
    with pytest.raises(ConfigError) as error:
        load_settings(file)
    message = str(error.value)
    assert "设置文件有误" in message
    assert "hearing.modle：没有这个键，是否想写 model？" in message
    assert "没有名为 北京 的时区" in message
    assert "hearing.beam_size" in message


@pytest.mark.parametrize("content", [b"[hearing", b"\xff\xfe\x00"])
def test_a_file_that_is_not_toml(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "qa.toml"
    file.write_bytes(content)
    with pytest.raises(ConfigError, match="读不了设置文件"):
        load_settings(file)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="读不了设置文件"):
        load_settings(tmp_path / "none.toml")
