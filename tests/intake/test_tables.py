from __future__ import annotations

from datetime import datetime
from pathlib import Path

import openpyxl
import pytest

from qa.errors import ManifestError
from qa.intake.tables import Row, Table, read_table

TEXT = "坐席工号,通话时间\n8001,2026-11-17 09:00\n\n 8002 ,\n"
ROWS = (Row(2, {"坐席工号": "8001", "通话时间": "2026-11-17 09:00"}), Row(4, {"坐席工号": "8002"}))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_csv(encoding: str, newline: str, tmp_path: Path) -> None:
    path = tmp_path / "m.csv"
    path.write_bytes(TEXT.replace("\n", newline).encode(encoding))
    assert read_table(path) == Table(path, ("坐席工号", "通话时间"), ROWS)


@pytest.mark.parametrize("delimiter", ["\t", ";"])
def test_other_delimiters(delimiter: str, tmp_path: Path) -> None:
    path = tmp_path / "m.csv"
    path.write_text(TEXT.replace(",", delimiter), encoding="utf-8")
    assert read_table(path).rows == ROWS


def test_a_row_is_where_it_begins(tmp_path: Path) -> None:
    path = tmp_path / "m.csv"
    path.write_text('file,备注\na.wav,"两\n行"\nb.wav,x\n', encoding="utf-8")
    assert [(row.number, row.values["file"]) for row in read_table(path).rows] == [(2, "a.wav"), (4, "b.wav")]


def test_xlsx(tmp_path: Path) -> None:
    path = tmp_path / "m.xlsx"
    book = openpyxl.Workbook()
    sheet = book.active
    for line in (["坐席工号", "通话时间", None], [8001, datetime(2026, 11, 17, 9, 0)], [], ["8002", None, None]):
        sheet.append(line)
    book.save(path)
    assert read_table(path) == Table(
        path, ("坐席工号", "通话时间"), (Row(2, {"坐席工号": "8001", "通话时间": "2026-11-17T09:00:00"}), Row(4, {"坐席工号": "8002"}))
    )


def test_jsonl(tmp_path: Path) -> None:
    path = tmp_path / "m.jsonl"
    path.write_text(
        '\ufeff{"file": "a.wav", "agent_id": 8001}\n\n{"file": "b.wav", "agent_channel": null, "team": "一组"}\n', encoding="utf-8"
    )
    assert read_table(path) == Table(
        path,
        ("file", "agent_id", "agent_channel", "team"),
        (Row(1, {"file": "a.wav", "agent_id": "8001"}), Row(3, {"file": "b.wav", "team": "一组"})),
    )


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("m.csv", b"", "表格是空的\n  位置：{}\n  处理：第一行应是列名"),
        ("m.csv", b"a,b,a\n", "表头有误\n  位置：{} 第 1 行\n  原因：列名重复：a\n  处理：删去或改名其中一列"),
        (
            "m.csv",
            b"a,b\n1,2,3\n",
            "表格的一行比表头长\n  位置：{} 第 2 行\n  原因：比表头多出 1 个值：3\n  处理：多半是值里的逗号没有加引号",
        ),
        (
            "m.csv",
            b"\xff\x81\x20\xff",
            "表格的编码不认识\n  位置：{}\n  原因：既不是 UTF-8 也不是 GBK/GB18030\n  处理：在 Excel 里另存为 CSV UTF-8",
        ),
        ("m.xls", b"x", "表格的格式不认识\n  位置：{}\n  原因：扩展名是 .xls\n  处理：在 Excel 里另存为 .xlsx 或 CSV UTF-8"),
        (
            "m.xlsx",
            b"not a workbook",
            "Excel 文件打不开\n  位置：{}\n  原因：BadZipFile：File is not a zip file\n  处理：在 Excel 里打开并另存为 .xlsx 后重试",
        ),
        (
            "m.jsonl",
            b'{"a": 1}\n[1]\n{"a": {"b": 1}}\n',
            "JSONL 有误\n  位置：{}\n  原因：第 2 行不是 JSON 对象；第 3 行的 a 不是单个值\n  处理：每行写一个 JSON 对象",
        ),
    ],
)
def test_what_cannot_be_read(name: str, data: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(ManifestError) as caught:
        read_table(path)
    assert str(caught.value) == message.format(path)


def test_a_workbook_packed_by_a_version_that_does_not_exist(tmp_path: Path) -> None:
    """Found by fuzzing: the archive's directory asks for a newer unpacker than there is."""
    path = tmp_path / "m.xlsx"
    book = openpyxl.Workbook()
    book.save(path)
    data = bytearray(path.read_bytes())
    entry = data.index(b"PK\x01\x02")
    data[entry + 6 : entry + 8] = (64).to_bytes(2, "little")
    path.write_bytes(data)
    with pytest.raises(ManifestError, match=r"Excel 文件打不开(?s:.*)NotImplementedError：zip file version 6\.4"):
        read_table(path)


def test_a_missing_table(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match="读不了文件"):
        read_table(tmp_path / "none.csv")
