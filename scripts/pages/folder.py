"""A folder of saved pages: every file read or rejected, the manifest checked."""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from scripts.pages.decode import PageError, decode, require_chinese
from scripts.pages.document import Page
from scripts.pages.lost import Division
from scripts.pages.page import read_page

MANIFEST = "manifest.json"
_NOT_TEXT = re.compile(r"\W+")


class ManifestError(ValueError):
    """The folder is not what its manifest says; the message names each file and the mend."""


@dataclass(frozen=True)
class Rejected:
    """A file that gave no page, and why; a duplicate names the page that has its text."""

    file: str
    message: str
    duplicate_of: str | None = None


def read_folder(folder: Path, divisions: Iterable[Division]) -> Iterator[Page | Rejected]:
    """Each file of `folder` in the order of the names; hidden files and the manifest are none.

    Raises ManifestError before the first page when a file that the manifest names has changed.
    """
    _check_manifest(folder)
    names = list(divisions)
    ids: dict[str, str] = {}
    texts: dict[str, str] = {}
    for path in sorted(folder.iterdir()):
        if not path.is_file() or path.name == MANIFEST or path.name.startswith("."):
            continue
        if path.stem in ids:
            yield Rejected(
                path.name, f"{ids[path.stem]} has the same name before its ending; rename one"
            )
            continue
        ids[path.stem] = path.name
        try:
            page, text = _read(path, names)
        except (PageError, OSError) as error:
            yield Rejected(path.name, str(error))
            continue
        first = texts.setdefault(text, page.id)
        if first != page.id:
            yield Rejected(path.name, f"has the same text as {first}; remove one of them", first)
        else:
            yield page


def _read(path: Path, names: list[Division]) -> tuple[Page, str]:
    """The page, and the bare text by which two pages are known to be one."""
    data = path.read_bytes()
    raw, encoding = decode(data)
    page = read_page(raw, path.stem, names)
    paragraphs = [paragraph for document in page.documents for paragraph in document.paragraphs]
    require_chinese("".join(paragraph.text for paragraph in paragraphs))
    page = replace(page, file=path.name, sha256=hashlib.sha256(data).hexdigest(), encoding=encoding)
    return page, _NOT_TEXT.sub("", "".join(paragraph.simplified for paragraph in paragraphs))


def _check_manifest(folder: Path) -> None:
    path = folder / MANIFEST
    if not path.is_file():
        return
    try:
        rows: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
        wanted = {str(row["file"]): row["sha256"] for row in rows}
    except (ValueError, KeyError, TypeError) as error:
        raise ManifestError(
            f"{path}: not a JSON list of {{id, file, sha256, script, what}}: {error}"
        ) from error
    wrong = []
    for name, sha256 in wanted.items():
        if not (folder / name).is_file():
            wrong.append(f"{folder / name}: missing; restore it, or remove it from {MANIFEST}")
        elif hashlib.sha256((folder / name).read_bytes()).hexdigest() != sha256:
            wrong.append(
                f"{folder / name}: its sha256 is not the one in {MANIFEST}, so annotations may no "
                f"longer fit; restore the file, or put it under a new name"
            )
    if wrong:
        raise ManifestError("\n".join(wrong))
