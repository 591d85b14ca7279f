"""Tables as users keep them: CSV (UTF-8, GBK, UTF-16 with BOM), XLSX and JSONL, read into rows that know their number."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path

from qa.errors import ManifestError

#: Bytes that a workbook may unpack to; a hundred thousand calls with thirty columns are some 150 MB.
LARGEST_UNPACKED = 256 * 2**20

FORMATS = ".csv .tsv .txt .xlsx .xlsm .jsonl .ndjson"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table: its number as the user's editor shows it, and its values, stripped, none of them empty."""

    number: int
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Table:
    """The columns in order of appearance, and the rows that are not empty."""

    path: Path
    columns: tuple[str, ...]
    rows: tuple[Row, ...]


def read_table(path: Path) -> Table:
    """A CSV, XLSX (its first sheet) or JSONL file, by its extension.

    Raises:
        ManifestError: the file is missing, of another kind, damaged, or has two columns of one name.
    """
    kind = path.suffix.lower()
    if kind in (".csv", ".tsv", ".txt"):
        return _from_grid(path, _csv_lines(path))
    if kind in (".xlsx", ".xlsm"):
        return _from_grid(path, _sheet_lines(path))
    if kind in (".jsonl", ".ndjson"):
        return _from_objects(path)
    hint = "在 Excel 里另存为 .xlsx 或 CSV UTF-8" if kind == ".xls" else f"支持的格式：{FORMATS}"
    raise ManifestError("表格的格式不认识", where=str(path), why=f"扩展名是 {kind or '空'}", next_step=hint)


def decode_text(data: bytes) -> str:
    r"""Text of unknown encoding: a byte order mark decides, then UTF-8, then GB18030 (which holds GBK and GB2312).

    >>> decode_text("坐席工号".encode("gbk")), decode_text(b"\xef\xbb\xbfagent_id")
    ('坐席工号', 'agent_id')

    Raises:
        UnicodeDecodeError: it is none of them.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("gb18030")


def read_bytes(path: Path) -> bytes:
    """The bytes of a small file, a ManifestError where it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise ManifestError("读不了文件", where=str(path), why=error.strerror, next_step="检查路径和读权限") from error


def plain(value: object) -> str:
    """A cell as text: whole numbers without ``.0``, dates and times in ISO form, None as nothing.

    >>> plain(8001.0), plain(datetime(2026, 11, 17, 9, 0)), plain(None), plain("\u3000a ")
    ('8001', '2026-11-17T09:00:00', '', 'a')
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return str(value).strip()


def _csv_lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    try:
        text = decode_text(read_bytes(path))
    except UnicodeDecodeError as error:
        why = "既不是 UTF-8 也不是 GBK/GB18030"
        raise ManifestError("表格的编码不认识", where=str(path), why=why, next_step="在 Excel 里另存为 CSV UTF-8") from error
    first = text.lstrip("\r\n").split("\n", 1)[0]
    delimiter = max(",\t;", key=first.count)  # the comma where there is none of them
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    number = 1
    try:
        for cells in reader:
            yield number, cells
            number = reader.line_num + 1  # a quoted cell may run over several lines; a row is where it begins
    except csv.Error as error:
        raise ManifestError("表格读到一半出错", where=f"{path} 第 {number} 行", why=str(error), next_step="检查该行的引号和换行") from error


def _sheet_lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    import openpyxl

    data = read_bytes(path)
    _refuse_bomb(path, data)
    try:
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        for number, cells in enumerate(book.worksheets[0].iter_rows(values_only=True), start=1):
            yield number, [plain(cell) for cell in cells]
        book.close()
    except Exception as error:  # openpyxl has no error class of its own: zipfile, XML and key errors come through
        why = f"{type(error).__name__}：{error}"
        raise ManifestError("Excel 文件打不开", where=str(path), why=why, next_step="在 Excel 里打开并另存为 .xlsx 后重试") from error


def _refuse_bomb(path: Path, data: bytes) -> None:
    """Refuse a workbook that unpacks to far more than any table of calls has; one that is no archive is for others to refuse."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            unpacked = sum(part.file_size for part in packed.infolist())
    except Exception:  # a damaged directory ends in many errors (NotImplementedError, struct.error); openpyxl will meet the same one
        return
    if unpacked > LARGEST_UNPACKED:
        why = f"{len(data) / 2**20:.1f} MB 的文件展开后有 {unpacked / 2**20:.0f} MB，上限 {LARGEST_UNPACKED / 2**20:.0f} MB"
        raise ManifestError("Excel 文件展开后太大", where=str(path), why=why, next_step="删去空白行列后另存，或改用 CSV")


def _from_grid(path: Path, lines: Iterable[tuple[int, list[str]]]) -> Table:
    columns: list[str] = []
    rows = []
    for number, raw in lines:
        cells = [cell.strip() for cell in raw]
        if not any(cells):
            continue
        if not columns:
            columns = cells
            _refuse_twins(path, number, columns)
            continue
        if surplus := [cell for cell in cells[len(columns) :] if cell]:
            why = f"比表头多出 {len(surplus)} 个值：{'、'.join(surplus)}"
            raise ManifestError("表格的一行比表头长", where=f"{path} 第 {number} 行", why=why, next_step="多半是值里的逗号没有加引号")
        rows.append(Row(number, {column: cell for column, cell in zip(columns, cells, strict=False) if column and cell}))
    if not columns:
        raise ManifestError("表格是空的", where=str(path), next_step="第一行应是列名")
    return Table(path, tuple(column for column in columns if column), tuple(rows))


def _refuse_twins(path: Path, number: int, columns: list[str]) -> None:
    if twins := sorted({column for column in columns if column and columns.count(column) > 1}):
        why = f"列名重复：{'、'.join(twins)}"
        raise ManifestError("表头有误", where=f"{path} 第 {number} 行", why=why, next_step="删去或改名其中一列")


def _from_objects(path: Path) -> Table:
    columns: dict[str, None] = {}
    rows, problems = [], []
    for number, line in enumerate(read_bytes(path).splitlines(), start=1):
        try:
            text = decode_text(line).strip()
            if not text:
                continue
            entry = json.loads(text)
        except ValueError as error:
            problems.append(f"第 {number} 行不是 JSON：{error}")
            continue
        if not isinstance(entry, dict):
            problems.append(f"第 {number} 行不是 JSON 对象")
            continue
        if nested := [key for key, value in entry.items() if isinstance(value, dict | list)]:
            problems.append(f"第 {number} 行的 {'、'.join(nested)} 不是单个值")
            continue
        columns.update(dict.fromkeys(key.strip() for key in entry))
        rows.append(Row(number, {key.strip(): text for key, value in entry.items() if (text := plain(value))}))
    if problems:
        raise ManifestError("JSONL 有误", where=str(path), why="；".join(problems), next_step="每行写一个 JSON 对象")
    return Table(path, tuple(columns), tuple(rows))
