"""Passwords and keys come from the environment or from a file that nobody else can read, and stand in no message."""

from __future__ import annotations

from pathlib import Path

import pytest

from qa.batch.notify import notify
from qa.config import BatchSettings, LlmSettings, load_settings, read_secret
from qa.errors import ConfigError
from qa.store.database import read_location


def secret(path: Path, text: str, mode: int = 0o600) -> Path:
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


def test_a_file_that_others_can_read_is_refused_with_the_remedy(tmp_path: Path) -> None:
    assert read_secret(secret(tmp_path / "s", "hush\n第二行不算\n")) == "hush"
    for mode in (0o640, 0o604, 0o620, 0o666):
        with pytest.raises(ConfigError) as refused:
            read_secret(secret(tmp_path / "s", "hush", mode))
        assert f"chmod 600 {tmp_path / 's'}" in str(refused.value)
        assert f"{mode:04o}" in str(refused.value)
        assert "hush" not in str(refused.value)
    for path in (secret(tmp_path / "empty", "\n"), tmp_path / "nothing", tmp_path):
        with pytest.raises(ConfigError, match="密钥的文件"):
            read_secret(path)


def test_a_store_with_a_password_is_read_from_ones_own_file_alone(tmp_path: Path) -> None:
    where = secret(tmp_path / "where", "postgresql://qa:hush@db/qa", 0o644)
    with pytest.raises(ConfigError, match="别人也能读") as refused:
        read_location(f"@{where}")
    assert "hush" not in str(refused.value)
    where.chmod(0o600)
    assert read_location(f"@{where}") == "postgresql://qa:hush@db/qa"
    assert read_location(f"@{secret(where, 'postgresql://qa@db/qa', 0o644)}") == "postgresql://qa@db/qa"  # no secret, no matter


def test_no_problem_of_the_webhook_shows_its_key(tmp_path: Path) -> None:
    for key in (
        "http://127.0.0.1:9/hook/s3cret?key=s3cret",
        "http://127.0.0.1:99999/s3cret",
        "s3cret",
        "ftp://h/s3cret",
        "http://[::1/s3cret",
    ):
        file = secret(tmp_path / "hook", key)
        [problem] = notify(BatchSettings(webhook=f"@{file}"), "{}")
        assert "s3cret" not in problem
        if key.startswith("http"):
            assert "s3cret" not in notify(BatchSettings(webhook=key), "{}")[0]
    [problem] = notify(BatchSettings(webhook=f"@{secret(tmp_path / 'open', 'http://127.0.0.1:9/s3cret', 0o644)}"), "{}")
    assert "chmod 600" in problem
    assert "s3cret" not in problem


def test_a_webhooks_file_is_beside_the_settings(tmp_path: Path) -> None:
    (tmp_path / "qa.toml").write_text('[batch]\nwebhook = "@hook.txt"\n', encoding="utf-8")
    assert load_settings(tmp_path / "qa.toml").batch.webhook == f"@{tmp_path / 'hook.txt'}"


@pytest.mark.parametrize("url", ["http://user:pass@host/v1", "http://host/v1?key=s3cret", "http://host/v1#s3cret"])
def test_an_endpoints_address_has_no_room_for_a_key(url: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="url"):
        LlmSettings(url=url)
    (tmp_path / "qa.toml").write_text(f'[llm]\nurl = "{url}"\n', encoding="utf-8")
    with pytest.raises(ConfigError) as refused:
        load_settings(tmp_path / "qa.toml")
    assert "s3cret" not in str(refused.value)
    assert "pass" not in str(refused.value)
