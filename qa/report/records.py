"""Records of one kind as a file for other programs: JSONL as they are, CSV and Parquet as flat rows."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qa.report.export import cell


@dataclass(frozen=True, slots=True)
class Records:
    """Objects of a schema, and a flat row for each; ``columns`` says of each column what it holds: str, float, int or bool."""

    schema: str
    columns: Mapping[str, str]
    objects: Sequence[Mapping[str, Any]]
    rows: Sequence[Mapping[str, Any]]

    def write(self, format: str, out: Path) -> None:
        """Write them as ``jsonl``, ``csv`` or ``parquet``.

        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     Records("a/1", {"n": "int"}, [{"n": 1, "of": [2]}], [{"n": 1}]).write("jsonl", Path(folder, "a"))
        ...     Path(folder, "a").read_text().rstrip()
        '{"n": 1, "of": [2]}'

        Raises:
            KeyError: another format.
            OSError: ``out`` cannot be written.
        """
        {"jsonl": self._jsonl, "csv": self._csv, "parquet": self._parquet}[format](out)

    def _jsonl(self, out: Path) -> None:
        with out.open("w", encoding="utf-8", errors="replace", newline="\n") as file:
            file.writelines(json.dumps(one, ensure_ascii=False, allow_nan=False) + "\n" for one in self.objects)

    def _csv(self, out: Path) -> None:
        with out.open("w", encoding="utf-8-sig", errors="replace", newline="") as file:  # Excel knows UTF-8 by the mark alone
            writer = csv.DictWriter(file, fieldnames=list(self.columns))
            writer.writeheader()
            writer.writerows({name: cell(value) for name, value in row.items()} for row in self.rows)

    def _parquet(self, out: Path) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        kinds = {"str": pa.string(), "float": pa.float64(), "int": pa.int64(), "bool": pa.bool_()}
        schema = pa.schema([(name, kinds[kind]) for name, kind in self.columns.items()], metadata={"schema": self.schema})
        pq.write_table(pa.Table.from_pylist(list(self.rows), schema=schema), out, compression="zstd")
