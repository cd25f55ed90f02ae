"""Tables on disk: a part for each batch, whole or not there at all, and all parts as one file."""

import csv
import io
import json
import os
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from spacy.tokens import Doc, DocBin

from scripts.extraction.work import COLUMNS, FLAGS, NUMBERS, OFFSETS, Result

FORMATS = (".parquet", ".csv", ".jsonl", ".spacy")
REJECTS = ("document", "reason")
# A cell that begins so is a formula to Excel and its like; a quote before it makes it text.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_BOM = b"\xef\xbb\xbf"


def write_part(folder: Path, number: int, result: Result, suffix: str) -> None:
    """Write the rows and rejects of a batch; its name says that it is done."""
    part = part_of(folder, number, suffix)
    part.parent.mkdir(parents=True, exist_ok=True)
    if result.rejected:
        rejects = [(reject.document, reject.reason) for reject in result.rejected]
        _write_whole(rejects_of(part), lambda path: path.write_bytes(_csv(rejects)))
    if suffix == ".parquet":
        _write_whole(part, lambda path: _write_parquet(path, result.rows))
    elif suffix == ".csv":
        cells = ([row[name] for name in COLUMNS] for row in result.rows)
        _write_whole(part, lambda path: path.write_bytes(_csv(cells)))
    elif suffix == ".jsonl":
        lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in result.rows)
        _write_whole(part, lambda path: path.write_bytes(lines.encode("utf-8", "replace")))
    else:
        _write_whole(part, lambda path: _write_docs(path, result.docs))


def part_of(folder: Path, number: int, suffix: str) -> Path:
    """File of a batch; at most ten thousand lie in one folder."""
    return folder / f"{number // 10_000:04}" / f"{number:08}{suffix}"


def rejects_of(part: Path) -> Path:
    """File of the rejects of a batch, beside its rows; there only if it has any."""
    return part.with_suffix(".rejects")


def join_parts(folder: Path, count: int, out: Path) -> None:
    """Write all parts as one table (for ``.spacy``: as a folder of them), and the rejects."""
    suffix = out.suffix
    parts = [part_of(folder, number, suffix) for number in range(count)]
    rejects = [rejects_of(part) for part in parts]
    head = _BOM + _csv([REJECTS])
    _write_whole(
        rejects_table(out), lambda path: _concatenate(path, filter(Path.exists, rejects), head)
    )
    if suffix == ".parquet":
        _write_whole(out, lambda path: _join_parquet(path, parts))
    elif suffix == ".csv":
        _write_whole(out, lambda path: _concatenate(path, parts, _BOM + _csv([COLUMNS])))
    elif suffix == ".jsonl":
        _write_whole(out, lambda path: _concatenate(path, parts, b""))
    else:
        unfinished = out.with_name(f".{out.name}.tmp")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
        for part in parts:
            shutil.copyfile(part, unfinished / part.name)
        unfinished.rename(out)


def rejects_table(out: Path) -> Path:
    """The table of rejects that belongs to `out`."""
    return out.with_name(f"{out.stem}.rejects.csv")


def _write_whole(path: Path, write: Callable[[Path], object]) -> None:
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    write(unfinished)
    unfinished.replace(path)


def _concatenate(path: Path, parts: Iterable[Path], head: bytes) -> None:
    with path.open("wb") as file:
        file.write(head)
        for part in parts:
            with part.open("rb") as source:
                shutil.copyfileobj(source, file)


def _csv(rows: Iterable[Iterable[Any]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([_cell(cell) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8", "replace")


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        value = value.replace("\0", "")
        return f"'{value}" if value.startswith(_FORMULA) else value
    if isinstance(value, float):  # no exponents: Excel and people read plain decimals
        return format(value, "f").rstrip("0").rstrip(".") if value % 1 else str(int(value))
    return value


def _schema() -> Any:
    import pyarrow  # noqa: PLC0415  (optional)

    kinds = (
        dict.fromkeys(NUMBERS, pyarrow.float64())
        | dict.fromkeys(OFFSETS, pyarrow.int64())
        | dict.fromkeys(FLAGS, pyarrow.bool_())
    )
    return pyarrow.schema([(name, kinds.get(name, pyarrow.string())) for name in COLUMNS])


def _write_parquet(path: Path, rows: list[dict[str, Any]]) -> None:
    import pyarrow  # noqa: PLC0415  (optional)
    from pyarrow import parquet  # noqa: PLC0415

    for row in rows:  # the name of a file can hold what is no Unicode
        row["document"] = row["document"].encode("utf-8", "replace").decode()
    parquet.write_table(pyarrow.Table.from_pylist(rows, schema=_schema()), path)


def _join_parquet(path: Path, parts: list[Path]) -> None:
    from pyarrow import parquet  # noqa: PLC0415  (optional)

    with parquet.ParquetWriter(path, _schema()) as writer:
        for part in parts:
            with parquet.ParquetFile(part) as file:
                for group in file.iter_batches():
                    writer.write_batch(group)


def _write_docs(path: Path, docs: list[Doc]) -> None:
    DocBin(["ORTH", "NORM", "ENT_IOB", "ENT_TYPE"], store_user_data=True, docs=docs).to_disk(path)
