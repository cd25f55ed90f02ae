"""What goes over the wire: rows of doccano's files, and their way back, to the character.

The web page of doccano counts UTF-16 units; everything else here counts code points. Labels
are shown with their Chinese name. Only the standard library: both environments import this.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

from scripts.annotation.spans import Span

Json = dict[str, Any]

# What doccano calls something of its own in a file, so that no metadata may.
RESERVED = frozenset(
    [
        "id",
        "text",
        "data",
        "label",
        "labels",
        "entities",
        "relations",
        "cats",
        "Comments",
        "filename",
        "upload_name",
        "example_uuid",
        "#line_number",
    ]
)
_WIDE = 14  # characters of a label's name
# The metadata that names a task.
KEY = ("document", "paragraph")


class RowError(ValueError):
    """A row that can't be sent or mapped back; the message names the task and the reason."""


@dataclass(frozen=True)
class Row:
    """A text with its spans (code points, labels of the project) and its metadata.

    number: doccano's id of the task, where it comes from there.
    """

    text: str
    spans: tuple[Span, ...]
    meta: Mapping[str, str | int]
    number: int | None = field(default=None, compare=False)

    @property
    def key(self) -> tuple[str | int, ...]:
        """What names the task; of a task that was not pushed from here, nothing."""
        return tuple(self.meta[key] for key in KEY if key in self.meta)


@dataclass(frozen=True)
class Labels:
    """The labels as ``configs/labels.json`` has them, and as the page shows them."""

    types: tuple[Json, ...]
    shown: dict[str, str] = field(init=False)
    meant: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        """Derive both directions."""
        names = {row["text"]: f"{row['text']} {row['name_zh']}" for row in self.types}
        # The page cuts off what is longer, and the hotkey with it.
        shown = {
            row["text"]: names[row["text"]] if len(names[row["text"]]) <= _WIDE else row["name_zh"]
            for row in self.types
        }
        object.__setattr__(self, "shown", shown)
        object.__setattr__(self, "meant", {value: key for key, value in shown.items()})

    def server_types(self) -> list[Json]:
        """The label types to make on a server, in order."""
        keys = ("prefix_key", "suffix_key", "background_color", "text_color")
        return [
            {"text": self.shown[row["text"]]} | {key: row[key] for key in keys}
            for row in self.types
        ]


def read_labels(path: Path) -> Labels:
    """The labels of ``configs/labels.json``."""
    return Labels(tuple(json.loads(path.read_text(encoding="utf-8"))))


def units(text: str) -> list[int]:
    """How many UTF-16 units stand before each code point, and after the last one."""
    at = [0]
    for character in text:
        at.append(at[-1] + (2 if character > "\uffff" else 1))
    return at


def to_server(row: Row, labels: Labels) -> Json:
    """The row of an upload file; raises `RowError` for what the server would lose or change."""
    name = _name(row.meta)
    if not row.text:
        raise RowError(f"{name}: the text is empty; doccano drops it, leave the row out")
    if "\0" in row.text or any("\ud800" <= c <= "\udfff" for c in row.text):
        raise RowError(f"{name}: NUL or half a surrogate pair in the text; no database takes it")
    if taken := RESERVED & row.meta.keys():
        raise RowError(f"{name}: metadata {', '.join(sorted(taken))}; doccano has its own, rename")
    for key, value in row.meta.items():
        if type(value) not in (str, int):
            raise RowError(f"{name}: {key} is {value!r}; doccano keeps only strings and integers")
    at = units(row.text)
    found = []
    for span in row.spans:
        if not 0 <= span.start < span.end <= len(row.text):
            raise RowError(
                f"{name}: {span.label} [{span.start}:{span.end}] is empty or outside the text, "
                f"which has {len(row.text)} characters"
            )
        if span.label not in labels.shown:
            raise RowError(
                f"{name}: unknown label {span.label!r}; the labels are {', '.join(labels.shown)}"
            )
        found.append([at[span.start], at[span.end], labels.shown[span.label]])
    return {"text": row.text, "label": found, **row.meta}


def without_spans(row: Json) -> Row:
    """The text and the metadata of an exported row."""

    meta = {key: value for key, value in row.items() if key not in RESERVED}
    return Row(row["text"], (), meta, row["id"])


def from_server(row: Json, labels: Labels) -> Row:
    """The row that a server's export means; raises `RowError` with the task's id and the reason."""
    meta = {key: value for key, value in row.items() if key not in RESERVED}
    name = _name(meta, row.get("id"))
    text = row.get("text")
    if not isinstance(text, str):
        raise RowError(f"{name}: no text in the export")
    if missing := [key for key in KEY if key not in meta]:
        raise RowError(f"{name}: no {', '.join(missing)}; this task was not pushed, remove it")
    points = {unit: point for point, unit in enumerate(units(text))}
    spans = []
    for start, end, shown in _server_spans(row, name):
        if start not in points or end not in points or start >= end:
            raise RowError(
                f"{name}: {shown} [{start}:{end}] does not lie on characters of the text, which "
                f"has {max(points)} UTF-16 units; draw the span again in doccano"
            )
        if shown not in labels.meant:
            raise RowError(
                f"{name}: unknown label {shown!r} on {text[points[start] : points[end]]!r}; "
                f"in doccano name it one of {', '.join(labels.meant)}"
            )
        spans.append(Span(points[start], points[end], labels.meant[shown]))
    ordered = sorted(spans, key=lambda span: (span.start, -span.end, span.label))
    return Row(text, tuple(ordered), meta, row.get("id"))


def _server_spans(row: Json, name: str) -> Iterator[tuple[int, int, str]]:
    """Spans in either shape: ``label``, or ``entities`` where the project has relations."""
    if row.get("relations"):
        raise RowError(f"{name}: holds relations, which nothing here means; delete them in doccano")
    if "label" in row and "entities" not in row:
        found = row["label"]
    elif "entities" in row:
        found = [
            [entity.get("start_offset"), entity.get("end_offset"), entity.get("label")]
            for entity in row["entities"]
        ]
    else:
        raise RowError(f"{name}: neither label nor entities in the export")
    for item in found:
        if not isinstance(item, list) or [type(part) for part in item] != [int, int, str]:
            raise RowError(f"{name}: span {item!r}; it must be start, end and label")
        yield item[0], item[1], item[2]


def comments(row: Json) -> list[str]:
    """The comments of an exported row, in either shape."""
    return [c["comment"] if isinstance(c, dict) else c for c in row.get("Comments", [])]


def read_export(archive: bytes) -> dict[str, list[Json]]:
    """The rows of an export by the name of its file: ``all``, or a user's name.

    doccano writes ``all.jsonl`` for a project that is annotated together, else one file per
    member. Raises `RowError` for anything else.
    """
    files = {}
    try:
        with ZipFile(BytesIO(archive)) as opened:
            for name in opened.namelist():
                if not name.endswith(".jsonl"):
                    raise RowError(f"{name} in the export; only .jsonl is read")
                files[name.removesuffix(".jsonl")] = list(_lines(name, opened.read(name)))
    except BadZipFile as error:
        raise RowError(
            f"the server sent no archive but {archive[:40]!r}; pull again, or see its log"
        ) from error
    return files


def _lines(name: str, data: bytes) -> Iterator[Json]:
    # Not splitlines(): a text may hold U+2028.
    for number, line in enumerate(data.decode("utf-8").split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise RowError(
                f"{name}:{number} of the export: not JSON ({error}); pull again"
            ) from error
        yield row


def digest(rows: Iterable[Row]) -> str:
    """What tells two pushes apart: a hash of texts, spans and metadata, whatever their order."""
    lines = sorted(
        json.dumps(
            [row.text, sorted((s.start, s.end, s.label) for s in row.spans), dict(row.meta)],
            sort_keys=True,
        )
        for row in rows
    )
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def differences(sent: Iterable[Row], found: Iterable[Row], *, spans: bool = True) -> Iterator[str]:
    """Where what a server holds is not what was sent; `spans`: compare them, too."""
    by_key = {row.key: row for row in sent}
    seen = set()
    for row in found:
        name = _name(row.meta, row.number)
        wanted = by_key.get(row.key)
        if wanted is None:
            yield f"{name}: on the server, but never sent"
            continue
        if row.key in seen:
            yield f"{name}: twice on the server"
            continue
        seen.add(row.key)
        if row.text != wanted.text:
            yield f"{name}: another text on the server, {row.text[:40]!r} for {wanted.text[:40]!r}"
        if dict(row.meta) != dict(wanted.meta):
            changed = sorted(
                key
                for key in row.meta.keys() | wanted.meta.keys()
                if row.meta.get(key) != wanted.meta.get(key)
            )
            yield f"{name}: other metadata on the server: {', '.join(changed)}"
        if spans and sorted(row.spans) != sorted(wanted.spans):
            lost = sorted(set(wanted.spans) - set(row.spans))
            more = sorted(set(row.spans) - set(wanted.spans))
            yield f"{name}: other spans on the server; lost {lost}, added {more}"
    for key, row in by_key.items():
        if key not in seen:
            yield f"{_name(row.meta)}: not on the server; somebody deleted it"


def _name(meta: Mapping[str, object], number: int | None = None) -> str:
    """The task's name in a message, with doccano's id where it is known."""
    name = ", paragraph ".join(str(meta.get(key, "?")) for key in KEY)
    return name if number is None else f"{name} (doccano's task {number})"
