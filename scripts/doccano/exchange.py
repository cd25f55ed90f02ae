"""Both sides of the exchange as this project means it: tasks out, confirmed tasks in."""

import json
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

from scripts.annotation.spans import Span, problems
from scripts.annotation.tasks import Task, TaskError, from_row, reading_order, to_raw, to_row
from scripts.doccano.rows import (
    Json,
    Labels,
    Row,
    RowError,
    comments,
    differences,
    digest,
    from_server,
)
from scripts.doccano.settings import DATA, ROOT, Server, client_python
from scripts.files import write_whole
from scripts.pages.document import Page


class ExchangeError(Exception):
    """What stops an exchange, and its exit code."""

    def __init__(self, message: str, code: int = DATA) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Comment:
    """What an annotator wrote beside a task."""

    text: str
    by: str
    at: str


@dataclass(frozen=True)
class Confirmed:
    """A task as an annotator confirmed it.

    raw: its spans in offsets of the page, in the order of ``task.label``. annotator: whose
    project it is. by, at: who confirmed it, and when. project, example: its numbers in doccano.
    problems: what the guideline forbids in its spans.
    """

    task: Task
    raw: tuple[Span, ...]
    annotator: str
    by: str
    at: str
    project: int
    example: int
    comments: tuple[Comment, ...] = ()
    problems: tuple[str, ...] = ()


def task_row(task: Task) -> Row:
    """What goes over the wire for a task."""
    meta = to_row(task)
    del meta["text"], meta["label"]
    return Row(task.text, task.label, meta)


def job(round_name: str, annotators: list[str], tasks: Iterable[Task], source: Path) -> Json:
    """What push and pull both need to know."""
    rows = [task_row(task) for task in tasks]
    return {
        "round": round_name,
        "annotators": annotators,
        "source": str(source),
        "digest": digest(rows),
    }


def push_job(
    base: Json,
    tasks: Iterable[Task],
    labels: Labels,
    guideline: str,
    said: Mapping[tuple[str, int], list[str]],
) -> Json:
    """The job of `client.push`; said: comments to put beside tasks, by document and paragraph."""
    tasks = list(tasks)
    rows = [
        [row.text, [[s.start, s.end, s.label] for s in row.spans], dict(row.meta)]
        for row in map(task_row, tasks)
    ]
    return base | {
        "rows": rows,
        "labels": list(labels.types),
        "guideline": guideline,
        "comments": [said.get((task.document, task.paragraph), []) for task in tasks],
    }


def run_client(verb: str, job: Json, server: Server) -> Json:
    """The result of a job, done by doccano-client in its own environment, with a progress bar."""
    python = client_python()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "job.json"
        path.write_text(json.dumps(job), encoding="ascii")
        process = subprocess.Popen(
            [str(python), "-m", "scripts.doccano.client", verb, str(path)],
            cwd=ROOT,
            env=server.environment(),
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        last: Json = {}
        with process, typer.progressbar(length=len(job["annotators"]), label=verb) as bar:
            for line in process.stdout:
                last = json.loads(line)
                if "step" in last:
                    bar.label = f"{verb}: {last['step']}"
                    bar.update(last["done"] - bar.pos)
    if "result" in last:
        found: Json = last["result"]
        return found
    if "error" in last:
        raise ExchangeError(last["error"], last["code"])
    raise ExchangeError(
        f"{verb} was stopped (exit code {process.returncode}); nothing half is kept, run it again"
    )


def confirmed(
    found: Json,
    annotator: str,
    tasks: Iterable[Task],
    pages: Mapping[str, Page],
    labels: Labels,
) -> tuple[list[Confirmed], list[tuple[Task, tuple[Comment, ...]]]]:
    """What an annotator confirmed, and the tasks that have comments but are not confirmed yet.

    found: the annotator's part of what `client.pull` gave. Raises `ExchangeError` for whatever
    can't be mapped back, all of it in one message.
    """
    sent = [task_row(task) for task in tasks]
    by_key = {row.key: task for row, task in zip(sent, tasks, strict=True)}
    held = {row["id"]: Row(row["text"], (), row["meta"]) for row in found["held"]}
    wrong = list(differences(sent, held.values(), spans=False))
    remarks = _comments(found["comments"])
    results = []
    for user, row in _rows(found, annotator):
        try:
            back = from_server(row, labels)
            if back.key not in by_key:  # told above
                continue
            wrong += differences([task_row(by_key[back.key])], [back], spans=False)
            task = _with(by_key[back.key], back.spans)
            state = _state(found, row["id"], user)
            results.append(
                Confirmed(
                    task=task,
                    raw=tuple(to_raw(task, _page(task, pages))),
                    annotator=annotator,
                    by=state[0],
                    at=state[1],
                    project=found["project"],
                    example=row["id"],
                    comments=remarks.get(row["id"], ()),
                    problems=tuple(problems(task.text, task.label)),
                )
            )
            if missing := set(comments(row)) - {c.text for c in remarks.get(row["id"], ())}:
                wrong.append(f"{task.document}, paragraph {task.paragraph}: lost {missing}")
        except (RowError, TaskError) as error:
            wrong.append(str(error))
    if wrong:
        shown = "\n".join(wrong[:20])
        more = f"\n… and {len(wrong) - 20} more" if len(wrong) > 20 else ""
        raise ExchangeError(f"{annotator}: nothing was written, for\n{shown}{more}")
    there = {result.example for result in results}
    open_tasks = [
        (by_key[held[example].key], said)
        for example, said in remarks.items()
        if example not in there
    ]
    order = {row.key: number for number, row in enumerate(sent)}
    results.sort(key=lambda c: order[c.task.document, c.task.paragraph])
    return results, open_tasks


def _rows(found: Json, annotator: str) -> Iterator[tuple[str | None, Json]]:
    """The confirmed rows, of everybody together or of the annotator's own file."""
    for name, rows in found["confirmed"].items():
        together = found["together"] and name == "all"
        for row in rows:
            if together or name == annotator:
                yield (None if together else name), row
            elif row.get("label") or row.get("entities"):
                raise ExchangeError(
                    f"project {found['project']}: {name} confirmed task {row['id']} in the project "
                    f"of {annotator}; switch on shared annotations in its settings and pull again"
                )


def _state(found: Json, example: int, user: str | None) -> tuple[str, str]:
    """Who confirmed a task and when: the last one, or this user."""
    states = [
        (state["confirmed_at"], found["members"].get(str(state["confirmed_by"]), ""))
        for state in found["states"].get(str(example), [])
    ]
    states = [state for state in states if user in (None, state[1])]
    at, by = max(states, default=("", user or ""))
    return by, at


def _comments(found: list[Json]) -> dict[int, tuple[Comment, ...]]:
    said: dict[int, tuple[Comment, ...]] = {}
    for row in sorted(found, key=lambda row: (row["created_at"], row["id"])):
        comment = Comment(row["text"], row["username"], row["created_at"])
        said[row["example"]] = (*said.get(row["example"], ()), comment)
    return said


def _with(task: Task, spans: Iterable[Span]) -> Task:
    return Task(
        **{key: getattr(task, key) for key in to_row(task)} | {"label": reading_order(spans)}
    )


def _page(task: Task, pages: Mapping[str, Page]) -> Page:
    if task.page not in pages:
        raise TaskError(
            f"{task.document}, paragraph {task.paragraph}: no page {task.page} among the "
            "documents; run the command ingest"
        )
    return pages[task.page]


def write_confirmed(path: Path, rows: Iterable[Confirmed]) -> None:
    """Write pulled tasks, one per line, whole or not at all."""
    lines = []
    for row in rows:
        fields: Json = to_row(row.task)
        fields["raw"] = [[span.start, span.end, span.label] for span in row.raw]
        for key in ("annotator", "by", "at", "project", "example"):
            fields[key] = getattr(row, key)
        fields["comments"] = [vars(comment) for comment in row.comments]
        fields["problems"] = list(row.problems)
        lines.append(json.dumps(fields, ensure_ascii=False))
    write_or_explain(path, "".join(f"{line}\n" for line in lines))


def read_confirmed(path: Path) -> list[Confirmed]:
    """What `write_confirmed` wrote; raises `TaskError` with file and line."""
    found = []
    with path.open(encoding="utf-8", newline="\n") as file:
        for number, line in enumerate(file, 1):
            try:
                row: dict[str, Any] = json.loads(line)
                own = {key: row.pop(key) for key in _OWN}
                # What the guideline forbids was noted when it was pulled; the spans are kept.
                spans = row["label"]
                task = _with(from_row(row | {"label": []}), (Span(*span) for span in spans))
                own["raw"] = tuple(Span(*span) for span in own["raw"])
                own["comments"] = tuple(Comment(**comment) for comment in own["comments"])
                own["problems"] = tuple(own["problems"])
                found.append(Confirmed(task=task, **own))
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise TaskError(
                    f"{path}:{number}: not what scripts.doccano_pull writes ({error!r}); pull again"
                ) from error
    return found


_OWN = ("raw", "annotator", "by", "at", "project", "example", "comments", "problems")


def write_or_explain(path: Path, content: str) -> None:
    """Write a file whole or not at all; `ExchangeError` where the disk is full."""
    try:
        write_whole(path, content)
    except OSError as error:
        for unfinished in path.parent.glob(f".{path.name}.tmp"):
            unfinished.unlink()
        raise ExchangeError(
            f"{path} can't be written ({error.strerror}); make room and run it again: what was "
            "there before is unchanged"
        ) from error
