"""Files and folders that are whole or not there at all, whatever interrupts the writing."""

import json
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """A path to write to, which becomes `path` when the block ends without an error."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.tmp")
    yield unfinished
    unfinished.replace(path)


@contextmanager
def folder_whole(path: Path, made: str) -> Iterator[Path]:
    """A scratch folder beside `path`; the folder `made` in it becomes `path` in the end.

    That is when the block ends without an error; what stood at `path` before is replaced.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=path.parent, prefix=f".{path.name}-") as scratch:
        yield Path(scratch)
        shutil.rmtree(path, ignore_errors=True)
        (Path(scratch) / made).rename(path)


def write_whole(path: Path, text: str) -> None:
    """Write `text` as UTF-8, with line ends as they are."""
    with written_whole(path) as unfinished:
        unfinished.write_bytes(text.encode("utf8"))


def write_rows(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    """Write JSON Lines, a row each."""
    write_whole(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
