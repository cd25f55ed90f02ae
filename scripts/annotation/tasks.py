"""Annotation tasks: one paragraph each, its view with spans, as a line that doccano takes.

Offsets in a task file are half-open and count code points of the task's `text`. The page of
doccano counts UTF-16 units; who talks to a server converts there and back.

A row is flat and has the same keys everywhere, since doccano drops what differs, and none of
its own (``id``, ``filename``): ``text``, ``label`` as ``[[start, end, label], …]``, and the rest
of `Task` as it is.
"""

import json
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from scripts.annotation.spans import Span, problems
from scripts.pages.document import Document, Page, Paragraph


class TaskError(ValueError):
    """Tasks or spans that can't be used; the message names the place and the mend."""


@dataclass(frozen=True)
class Task:
    """A paragraph to annotate, and its way back to the page.

    text: the paragraph's view. label: its spans, nested ones too, in reading order.
    page, document: their ids. paragraph: its number in the document, from 1.
    start, end: the paragraph's raw range in the page. sha256: of the page's file, empty for a
    page that came from a string. kind, script: as in `Paragraph` and `Document`.
    speaker: who speaks, in an interview; else empty.
    proposed_by: where the spans come from: rules, gold or the name of a model.
    """

    text: str
    label: tuple[Span, ...]
    page: str
    document: str
    paragraph: int
    start: int
    end: int
    kind: str
    speaker: str
    script: str
    proposed_by: str
    sha256: str


_KEYS = [field.name for field in fields(Task)]
_NUMBERS = ("paragraph", "start", "end")


def reading_order(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Spans by start, the longer one first."""
    return tuple(sorted(spans, key=lambda span: (span.start, -span.end, span.label)))


def to_row(task: Task) -> dict[str, Any]:
    """The row of a task file for `task`."""
    row = {key: getattr(task, key) for key in _KEYS}
    return row | {"label": [[span.start, span.end, span.label] for span in task.label]}


def from_row(row: object) -> Task:
    """What `to_row` wrote; raises `TaskError` for anything else, and for forbidden spans."""
    if not isinstance(row, dict):
        raise TaskError("not a JSON object; a row holds " + ", ".join(_KEYS))
    missing = [key for key in _KEYS if key not in row]
    surplus = [key for key in row if key not in _KEYS]
    if missing or surplus:
        raise TaskError(
            f"keys missing: {', '.join(missing) or 'none'}; unknown: {', '.join(surplus) or 'none'}"
            f"; a row holds {', '.join(_KEYS)}"
        )
    for key in _KEYS:
        wanted = int if key in _NUMBERS else list if key == "label" else str
        if type(row[key]) is not wanted:
            raise TaskError(f"{key} is {row[key]!r}; it must be {wanted.__name__}")
    task = Task(**row | {"label": reading_order(map(_span, row["label"]))})
    if not task.text.strip():
        raise TaskError("the text is empty; leave the row out")
    if task.paragraph < 1 or not 0 <= task.start < task.end:
        raise TaskError(
            f"paragraph {task.paragraph}, raw [{task.start}:{task.end}]; paragraphs count from 1 "
            "and a raw range is not empty"
        )
    for problem in problems(task.text, task.label):
        raise TaskError(f"{problem}; mend this span")
    return task


def write_tasks(path: Path, tasks: Iterable[Task]) -> None:
    """Write a task file whole or not at all; in ASCII, for doccano guesses encodings."""
    unfinished = path.with_name(f".{path.name}.tmp")
    with unfinished.open("w", encoding="ascii", newline="\n") as file:
        file.writelines(json.dumps(to_row(task)) + "\n" for task in tasks)
    unfinished.replace(path)


def read_tasks(path: Path) -> list[Task]:
    """The tasks of a file, in its order; raises `TaskError` with file and line."""
    tasks = []
    seen: dict[tuple[str, int], int] = {}
    with path.open(encoding="utf-8", newline="\n") as file:
        for number, line in enumerate(file, 1):
            try:
                task = from_row(json.loads(line))
            except TaskError as error:
                raise TaskError(f"{path}:{number}: {error}") from error
            except ValueError as error:
                raise TaskError(
                    f"{path}:{number}: not JSON ({error}); write the file again with scripts.tasks"
                ) from error
            first = seen.setdefault((task.document, task.paragraph), number)
            if first != number:
                raise TaskError(
                    f"{path}:{number}: the same paragraph as line {first}; remove one of them"
                )
            tasks.append(task)
    return tasks


def paragraphs(page: Page) -> Iterator[tuple[Document, int, Paragraph]]:
    """Each paragraph of a page with its document and its number there, from 1."""
    for document in page.documents:
        for number, paragraph in enumerate(document.paragraphs, 1):
            yield document, number, paragraph


def page_tasks(page: Page, proposed_by: str, spans: Iterable[Iterable[Span]]) -> list[Task]:
    """The tasks of a page; `spans` are those of each of its `paragraphs`, in view offsets."""
    tasks = []
    for (document, number, paragraph), label in zip(paragraphs(page), spans, strict=True):
        start, end = paragraph.to_raw(0, len(paragraph.text))
        tasks.append(
            Task(
                text=paragraph.text,
                label=reading_order(label),
                page=page.id,
                document=document.id,
                paragraph=number,
                start=start,
                end=end,
                kind=paragraph.kind,
                speaker=paragraph.speaker or "",
                script=document.script,
                proposed_by=proposed_by,
                sha256=page.sha256,
            )
        )
    return tasks


def gold_tasks(page: Page, gold: Iterable[Span]) -> tuple[list[Task], list[Span]]:
    """The tasks of a page with its gold, and the gold that no paragraph shows (navigation).

    Raises `TaskError` for a span that a paragraph shows only in part.
    """
    shown = [paragraph for _, _, paragraph in paragraphs(page)]
    labels: list[list[Span]] = [[] for _ in shown]
    left_out = []
    for span in gold:
        found = False
        for paragraph, label in zip(shown, labels, strict=True):
            view = to_view(paragraph, span.start, span.end)
            if view:
                label.append(Span(*view, span.label))
                found = True
        if not found:
            left_out.append(span)
    return page_tasks(page, "gold", labels), left_out


def to_raw(task: Task, page: Page) -> list[Span]:
    """The spans of a task as raw spans of its page, in reading order.

    Raises `TaskError` where `page` is not the page, or not the text, that was annotated.
    """
    if (task.page, task.sha256) != (page.id, page.sha256):
        raise TaskError(
            f"{task.document}, paragraph {task.paragraph}: made from {task.page} with sha256 "
            f"{task.sha256}, not from {page.id} with {page.sha256}; restore that file"
        )
    for document, number, paragraph in paragraphs(page):
        if number == task.paragraph and (document.id, paragraph.text) == (task.document, task.text):
            return [
                Span(*paragraph.to_raw(span.start, span.end), span.label) for span in task.label
            ]
    raise TaskError(
        f"{task.document}, paragraph {task.paragraph}: the page has no such paragraph with this "
        "text; ingest it with the version that made the task"
    )


def to_view(paragraph: Paragraph, start: int, end: int) -> tuple[int, int] | None:
    """Offsets into the paragraph's text of the raw span ``[start, end)``; None if not in it.

    The inverse of `Paragraph.to_raw`. Raises `TaskError` where the span begins or ends with
    what the paragraph does not show: a gloss, a part of an entity, another paragraph.
    """
    shown = [view for at in range(start, end) if (view := _view_at(paragraph, at)) is not None]
    if not shown:
        return None
    view_start, view_end = shown[0], shown[-1] + 1
    raw = paragraph.to_raw(view_start, view_end)
    if raw != (start, end):
        raise TaskError(
            f"raw [{start}:{end}]: the paragraph shows only [{raw[0]}:{raw[1]}] of it, "
            f"{paragraph.text[view_start:view_end]!r}; let the span begin and end there"
        )
    return view_start, view_end


def _view_at(paragraph: Paragraph, raw: int) -> int | None:
    """The view character that shows a raw one; the runs of a paragraph are in raw order."""
    run = bisect_right(paragraph.raw, raw, key=lambda run: run[1]) - 1
    if run < 0:
        return None
    view_start, raw_start, raw_end = paragraph.raw[run]
    if raw >= raw_end:
        return None
    view_end = paragraph.raw[run + 1][0] if run + 1 < len(paragraph.raw) else len(paragraph.text)
    return view_start if view_end - view_start == 1 else view_start + raw - raw_start


def _span(item: object) -> Span:
    if not (isinstance(item, list) and [type(part) for part in item] == [int, int, str]):
        raise TaskError(f"label {item!r}; a span is [start, end, label]")
    return Span(*item)
