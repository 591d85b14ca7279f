"""A site's own words are put right, and every character keeps its word and its time."""

from __future__ import annotations

from pathlib import Path

import pytest

from qa.asr.corrections import Correction, corrected, load_corrections
from qa.batch.plan import hearing_key
from qa.calls import Recording, Word
from qa.config import HearingSettings, load_settings
from qa.errors import ConfigError


def said(text: str) -> list[Word]:
    return [Word(character, round(0.2 * i, 2), round(0.2 * i + 0.2, 2), 0.9 - 0.1 * (i % 3)) for i, character in enumerate(text)]


def texts(words: list[Word]) -> list[str]:
    return [word.text for word in words]


@pytest.mark.parametrize(
    ("text", "wrong", "right", "found"),
    [
        ("请到优鲜商城看", "优鲜商城", "优选商城", ["请", "到", "优选商城", "看"]),
        ("优鲜优鲜", "优鲜", "优选", ["优选", "优选"]),
        ("退宽了", "宽", "款", ["退", "款", "了"]),
        ("顺通国际快递", "国际快递", "快递", ["顺", "通", "快递"]),
        ("我不知道", "优鲜", "优选", ["我", "不", "知", "道"]),
        ("", "优鲜", "优选", []),
        ("顺同快递到了", "", "顺通快递", ["顺通快递", "到", "了"]),
        ("顺通快递到了", "", "顺通快递", ["顺", "通", "快", "递", "到", "了"]),
        ("顺风快递到了", "", "顺通快递", ["顺", "风", "快", "递", "到", "了"]),
    ],
)
def test_words(text: str, wrong: str, right: str, found: list[str]) -> None:
    assert texts(corrected(said(text), [Correction(wrong, right)])) == found


def test_a_replaced_stretch_keeps_its_time_and_the_least_confidence() -> None:
    assert corrected(said("到优鲜了"), [Correction("优鲜", "优选")])[1] == Word("优选", 0.2, 0.6, 0.7)


def test_what_stands_beside_it_in_a_word_stays() -> None:
    words = [Word("在优", 0.0, 0.4, 0.9), Word("鲜，吗", 0.4, 0.9, 0.8)]
    assert corrected(words, [Correction("优鲜", "优选")]) == [Word("在优选，吗", 0.0, 0.9, 0.8)]


def test_the_longest_line_first(tmp_path: Path) -> None:
    (tmp_path / "c.txt").write_text("\ufeff# 公司\n优鲜=>优选\n\n优鲜商场 => 优选商城\n=>顺通快递\n", encoding="utf-8")
    corrections = load_corrections(tmp_path / "c.txt")
    assert [(one.wrong, one.right) for one in corrections] == [("", "顺通快递"), ("优鲜商场", "优选商城"), ("优鲜", "优选")]
    assert texts(corrected(said("优鲜商场优鲜"), corrections)) == ["优选商城", "优选"]


def test_all_faulty_lines_are_named_at_once(tmp_path: Path) -> None:
    (tmp_path / "c.txt").write_text("优鲜\n好=>好\n=>快递\n甲=>乙\n甲=>丙\n", encoding="utf-8")
    with pytest.raises(ConfigError) as error:
        load_corrections(tmp_path / "c.txt")
    for part in ("第 1 行“优鲜”", "第 2 行", "第 3 行“快递”不足 3 个音节", "第 5 行“甲”有两种改法", "c.txt"):
        assert part in str(error.value)


def test_a_missing_file_is_said_plainly(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="读不了纠错词表"):
        load_corrections(tmp_path / "none.txt")


def test_the_path_is_relative_to_the_settings_file(tmp_path: Path) -> None:
    (tmp_path / "qa.toml").write_text('[hearing]\ncorrections = "words.txt"\n', encoding="utf-8")
    assert load_settings(tmp_path / "qa.toml").hearing.corrections == tmp_path / "words.txt"


def test_calls_are_heard_again_when_the_list_says_something_else(tmp_path: Path) -> None:
    def key(name: str, content: str) -> str:
        (tmp_path / name).write_text(content, encoding="utf-8")
        return hearing_key(Recording(call_id="c", content_hash="00"), HearingSettings(corrections=tmp_path / name), "m")

    assert key("a.txt", "优鲜=>优选") == key("b.txt", "# 同样的内容\n优鲜=>优选\n")
    assert key("a2.txt", "优鲜=>优选") != key("a3.txt", "优鲜=>优先")
