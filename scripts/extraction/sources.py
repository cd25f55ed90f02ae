"""What is to be read: files, and rows of JSONL, CSV and Parquet tables, in batches.

A batch names its pages by path and byte range or row range and holds none of their text, so it
can be sent to any process or machine that sees the same files, and the list of all batches stays
small. The same inputs always give the same batches: that is what resuming relies on.
"""

import codecs
import csv
import glob
import json
import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from importlib.util import find_spec
from itertools import groupby
from pathlib import Path
from typing import Any, Literal

BATCH_BYTES = 1_000_000  # of input; at 40,000 characters a second about ten seconds of work
BATCH_PAGES = 256
MAX_FILE = 32_000_000  # bytes of one page; more is no page, and would not stay in memory

Kind = Literal["files", "jsonl", "csv", "parquet"]
TABLES: dict[str, Kind] = {
    ".jsonl": "jsonl", ".ndjson": "jsonl", ".csv": "csv", ".parquet": "parquet",
}  # fmt: skip


class SourceError(ValueError):
    """An input that can't be used at all; the message says which and what to do."""


@dataclass(frozen=True)
class Batch:
    """Some pages of one source.

    paths: the files, or the one table. start, stop: byte range of JSONL and CSV records, row range
    of a Parquet table. row: number of the first row, from 1. size: bytes of input, for progress.
    """

    number: int
    kind: Kind
    paths: tuple[str, ...]
    start: int = 0
    stop: int = 0
    row: int = 1
    size: int = 0
    error: str | None = None


@dataclass(frozen=True)
class Record:
    """One page before it is read: bytes of a file, text of a table's cell, or why there is none."""

    document: str
    content: bytes | str
    error: str | None = None


@dataclass(frozen=True)
class Columns:
    """Names of the columns of a table: that of the text, and that of the document's id, if any."""

    text: str = "text"
    id: str | None = None


# --- from inputs to batches


def find_paths(inputs: Iterable[str]) -> Iterator[Path]:
    """Files of `inputs` (files, folders, globs) in the order given; hidden ones are none.

    Raises SourceError for an input that matches nothing.
    """
    for name in inputs:
        path = Path(name)
        if path.is_file():
            yield path
            continue
        # Path.glob knows no absolute pattern.
        named = glob.iglob(name, recursive=True)  # noqa: PTH207
        found = _walk(path) if path.is_dir() else map(Path, named)
        none = True
        for file in found:
            if file.is_file():
                none = False
                yield file
        if none:
            raise SourceError(f"{name}: no file there; give files, folders or a quoted glob")


def _walk(folder: Path) -> Iterator[Path]:
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if not name.startswith("."):
                yield Path(root, name)


def find_batches(paths: Iterable[Path], columns: Columns) -> Iterator[Batch]:
    """All batches of `paths`; a table is scanned once for the ends of its rows."""
    for number, batch in enumerate(_batches(paths, columns)):
        yield replace(batch, number=number)


def _batches(paths: Iterable[Path], columns: Columns) -> Iterator[Batch]:
    for kind, group in groupby(paths, key=_kind):
        if kind == "files":
            yield from _file_batches(group)
            continue
        for path in group:
            try:
                if kind == "parquet":
                    yield from _parquet_batches(path, columns)
                else:
                    yield from _range_batches(kind, path, columns)
            except (ValueError, OSError, csv.Error) as error:
                yield Batch(0, kind, (str(path),), error=str(error))


def _kind(path: Path) -> Kind:
    return TABLES.get(path.suffix.lower(), "files")


def write_batches(path: Path, batches: Iterable[Batch]) -> tuple[int, int]:
    """Write a list of batches, one a line; how many they are, and their bytes of input.

    Raises SourceError where none of them can be read.
    """
    count = size = 0
    errors: list[str] = []
    with path.open("w", encoding="utf-8", errors="surrogateescape", newline="\n") as file:
        for batch in batches:
            file.write(json.dumps(asdict(batch)) + "\n")
            count, size = count + 1, size + batch.size
            errors += [batch.error] if batch.error else []
    if errors and len(errors) == count:
        raise SourceError("\n".join(errors))
    return count, size


def read_batches(path: Path) -> Iterator[tuple[int, Batch]]:
    """Each batch of a list, and the byte where its line begins."""
    at = 0
    with path.open("rb") as file:
        for line in file:
            yield at, _batch(line)
            at += len(line)


def batch_at(path: Path, at: int) -> Batch:
    """The batch whose line begins at a byte of a list."""
    with path.open("rb") as file:
        file.seek(at)
        return _batch(file.readline())


def _batch(line: bytes) -> Batch:
    row = json.loads(line)
    return Batch(**{**row, "paths": tuple(row["paths"])})


def _file_batches(paths: Iterable[Path]) -> Iterator[Batch]:
    chosen: list[str] = []
    size = 0
    for path in paths:
        chosen.append(str(path))
        size += min(path.stat().st_size, MAX_FILE)
        if len(chosen) >= BATCH_PAGES or size >= BATCH_BYTES:
            yield Batch(0, "files", tuple(chosen), size=size)
            chosen, size = [], 0
    if chosen:
        yield Batch(0, "files", tuple(chosen), size=size)


def _range_batches(kind: Kind, path: Path, columns: Columns) -> Iterator[Batch]:
    """Batches of a JSONL or CSV table, cut where a record ends."""
    ends = _csv_ends(path, columns) if kind == "csv" else _line_ends(path)
    start = at = _head(path)[1] if kind == "csv" else 0
    row = first = 1
    for at in ends:
        row += 1
        if row - first >= BATCH_PAGES or at - start >= BATCH_BYTES:
            yield Batch(0, kind, (str(path),), start, at, first, at - start)
            start, first = at, row
    if at > start:
        yield Batch(0, kind, (str(path),), start, at, first, at - start)


def _line_ends(path: Path) -> Iterator[int]:
    at = 0
    with path.open("rb") as file:
        for line in file:
            at += len(line)
            yield at


class _Lines:
    """Lines of a CSV file as text, and the byte where the last one ended."""

    def __init__(self, path: Path, start: int, stop: int | None, encoding: str) -> None:
        self._path, self._start, self._stop, self._encoding = path, start, stop, encoding
        self.at = start

    def __iter__(self) -> Iterator[str]:
        with self._path.open("rb") as file:
            file.seek(self._start)
            while (self._stop is None or self.at < self._stop) and (line := file.readline()):
                self.at += len(line)
                # A null byte ends the csv reader of Python 3.10.
                yield line.replace(b"\0", b"").decode(self._encoding, "replace")


def _encoding(path: Path) -> str:
    """UTF-8 or GB18030, by the first megabyte."""
    with path.open("rb") as file:
        head = file.read(1 << 20)
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return "gb18030"
    return "utf-8"


def _head(path: Path) -> tuple[list[str], int, str]:
    """Columns of a CSV table, the byte behind them, and the encoding."""
    csv.field_size_limit(sys.maxsize)
    encoding = _encoding(path)
    lines = _Lines(path, 0, None, encoding)
    names = next(csv.reader(lines), [])
    if names:
        names[0] = names[0].removeprefix("\ufeff")
    return names, lines.at, encoding


def _csv_ends(path: Path, columns: Columns) -> Iterator[int]:
    names, start, encoding = _head(path)
    _require(columns, names, path)
    lines = _Lines(path, start, None, encoding)
    for _ in csv.reader(lines):
        yield lines.at


def _require(columns: Columns, names: list[str], path: Path) -> None:
    for name in (columns.text, columns.id):
        if name and name not in names:
            raise SourceError(
                f"{path}: no column {name!r} among {', '.join(names) or 'none'}; "
                "name the column with --text or --id"
            )


def require_package(name: str) -> None:
    """Raise SourceError unless an optional package is there."""
    if not find_spec(name):
        raise SourceError(f"{name} is missing; install the extra `extract`")


def _parquet_batches(path: Path, columns: Columns) -> Iterator[Batch]:
    require_package("pyarrow")
    from pyarrow import parquet  # noqa: PLC0415  (optional)

    with parquet.ParquetFile(path) as file:
        _require(columns, list(file.schema_arrow.names), path)
        rows = file.metadata.num_rows
    size = path.stat().st_size
    each = max(1, min(BATCH_PAGES, rows * BATCH_BYTES // max(size, 1)))
    for start in range(0, rows, each):
        stop = min(start + each, rows)
        part = size * stop // rows - size * start // rows
        yield Batch(0, "parquet", (str(path),), start, stop, start + 1, part)


# --- from a batch to records


def read_records(batch: Batch, columns: Columns) -> Iterator[Record]:
    """The pages of a batch, in order; what can't be read has an error instead of content."""
    if batch.error:
        yield Record(batch.paths[0], "", batch.error)
        return
    if batch.kind == "files":
        yield from map(_read_file, map(Path, batch.paths))
        return
    path = Path(batch.paths[0])
    rows = {"jsonl": _jsonl_rows, "csv": _csv_rows, "parquet": _parquet_rows}[batch.kind]
    for number, row in enumerate(rows(batch, path, columns), batch.row):
        yield _record(f"{path}#{number}", row, columns)


def _read_file(path: Path) -> Record:
    try:
        size = path.stat().st_size
        if size > MAX_FILE:
            return Record(str(path), "", f"{size} bytes are no page; split it, or use JSONL")
        return Record(str(path), path.read_bytes())
    except OSError as error:
        return Record(str(path), "", f"{error.strerror or error}")


def _record(place: str, row: dict[str, Any] | str, columns: Columns) -> Record:
    if isinstance(row, str):
        return Record(place, "", row)
    found = row.get(columns.id) if columns.id else None
    document = place if found is None or found == "" else str(found)
    text = row.get(columns.text)
    if not isinstance(text, str):
        kind = "missing" if text is None else f"{type(text).__name__}, not a string"
        return Record(document, "", f"{columns.text!r} is {kind}")
    return Record(document, text)


def _jsonl_rows(batch: Batch, path: Path, columns: Columns) -> Iterator[dict[str, Any] | str]:
    with path.open("rb") as file:
        file.seek(batch.start)
        while file.tell() < batch.stop:
            line = file.readline()
            try:
                row = json.loads(line.removeprefix(codecs.BOM_UTF8).decode("utf-8"))
            except ValueError as error:
                yield f"no JSON in UTF-8: {error}"
                continue
            yield row if isinstance(row, dict) else "the line is no JSON object"


def _csv_rows(batch: Batch, path: Path, columns: Columns) -> Iterator[dict[str, Any] | str]:
    names, _, encoding = _head(path)
    for cells in csv.reader(_Lines(path, batch.start, batch.stop, encoding)):
        if cells and len(cells) != len(names):
            yield f"{len(cells)} cells under {len(names)} columns"
        else:
            yield dict(zip(names, cells, strict=bool(cells)))


def _parquet_rows(batch: Batch, path: Path, columns: Columns) -> Iterator[dict[str, Any] | str]:
    from pyarrow import parquet  # noqa: PLC0415  (optional)

    names = [columns.text, *([columns.id] if columns.id else [])]
    with parquet.ParquetFile(path) as file:
        at, groups, skip = 0, [], batch.start
        for group in range(file.metadata.num_row_groups):
            rows = file.metadata.row_group(group).num_rows
            if at + rows <= batch.start:
                skip -= rows
            elif at < batch.stop:
                groups.append(group)
            at += rows
        left = batch.stop - batch.start
        for part in file.iter_batches(256, row_groups=groups, columns=names):
            taken = part.slice(skip, left)
            skip = max(0, skip - part.num_rows)
            left -= taken.num_rows
            yield from taken.to_pylist()
            if not left:
                return
