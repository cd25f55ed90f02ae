"""Both sides of the exchange as this project means it: tasks out, confirmed tasks in.

A round is a folder: ``tasks.jsonl`` holds what was pushed, ``confirmed/<annotator>.jsonl`` what
was pulled. Its name and the annotator's make the name of the project in doccano.
"""

import json
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

from scripts.annotation.spans import Span, problems
from scripts.annotation.tasks import (
    Task,
    TaskError,
    from_row,
    read_tasks,
    reading_order,
    to_raw,
    to_row,
    write_tasks,
)
from scripts.doccano.rows import (
    Json,
    Labels,
    Row,
    RowError,
    comments,
    differences,
    digest,
    from_server,
    read_labels,
    to_server,
    without_spans,
)
from scripts.doccano.settings import DATA, ROOT, Server, client_python
from scripts.files import written_whole
from scripts.pages.document import Page

LABELS = ROOT / "configs" / "labels.json"
GUIDELINE = ROOT / "corpus" / "guideline.md"
# Tasks that have comments though nobody confirmed them yet.
Open = list[tuple[Task, tuple["Comment", ...]]]
Said = Mapping[tuple[str, int], list[str]]


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
    project it is. by: who confirmed it. at: when it was pulled (UTC). project, example: its numbers
    in doccano.
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


def annotator_names(given: str) -> list[str]:
    """The user names of a list with commas; raises `TaskError`."""
    names = [name.strip() for name in given.split(",") if name.strip()]
    if not names or len(set(names)) < len(names):
        raise TaskError(f"annotators {given!r}: name each one once, with commas between")
    for name in names:
        if not all(c.isalnum() or c in "@.+-_" for c in name) or name.startswith("."):
            raise TaskError(f"annotator {name!r}: a user name has letters, digits and @ . + - _")
    return names


def push_round(
    folder: Path, source: Path, tasks: list[Task], said: Said, annotators: list[str], server: Server
) -> Json:
    """Make the projects of a round, and keep its tasks in `folder`.

    source: the file of the tasks. said: comments to put beside them, by document and paragraph.
    Every row is checked before anything is sent; raises `TaskError` with file and line.
    """
    labels = read_labels(LABELS)
    if not tasks:
        raise TaskError(f"{source}: holds no task")
    for number, task in enumerate(tasks, 1):
        try:
            to_server(task_row(task), labels)
        except RowError as error:
            raise TaskError(f"{source}:{number}: {error}") from error
    rows = [task_row(task) for task in tasks]
    result = run_client(
        "push",
        _job(folder, annotators, rows, source)
        | {
            "rows": [
                [row.text, [[s.start, s.end, s.label] for s in row.spans], dict(row.meta)]
                for row in rows
            ],
            "labels": list(labels.types),
            "guideline": GUIDELINE.read_text(encoding="utf-8"),
            "comments": [said.get((task.document, task.paragraph), []) for task in tasks],
        },
        server,
    )
    folder.mkdir(parents=True, exist_ok=True)
    write_tasks(folder / "tasks.jsonl", tasks)
    return result


def pull_round(
    folder: Path, annotators: list[str], pages: Mapping[str, Page], server: Server
) -> dict[str, tuple[list["Confirmed"], Open]]:
    """What each annotator of a round confirmed, written to the round's folder; all or nothing."""
    source = folder / "tasks.jsonl"
    if not source.exists():
        raise ExchangeError(f"{source}: missing; push the round first")
    tasks = read_tasks(source)
    job = _job(folder, annotators, map(task_row, tasks), source)
    found = run_client("pull", job, server)
    labels = read_labels(LABELS)
    pulled = {name: confirmed(found[name], name, tasks, pages, labels) for name in annotators}
    write_confirmed(folder / "confirmed", {name: rows for name, (rows, _) in pulled.items()})
    return pulled


def read_round(folder: Path) -> dict[str, list["Confirmed"]]:
    """What was pulled of a round, by annotator."""
    return {
        path.stem: read_confirmed(path) for path in sorted((folder / "confirmed").glob("*.jsonl"))
    }


def task_row(task: Task) -> Row:
    """What goes over the wire for a task."""
    meta = to_row(task)
    del meta["text"], meta["label"]
    return Row(task.text, task.label, meta)


def _job(folder: Path, annotators: list[str], rows: Iterable[Row], source: Path) -> Json:
    """What push and pull both need to know."""
    return {
        "round": folder.name,
        "annotators": annotators,
        "source": str(source),
        "digest": digest(rows),
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
) -> tuple[list[Confirmed], Open]:
    """What an annotator confirmed, and the tasks that have comments but are not confirmed yet.

    found: the annotator's part of what `client.pull` gave. Raises `ExchangeError` for whatever
    can't be mapped back, all of it in one message.
    """
    sent = [task_row(task) for task in tasks]
    by_key = {row.key: task for row, task in zip(sent, tasks, strict=True)}
    held = {row["id"]: without_spans(row) for row in found["held"]}
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
            results.append(
                Confirmed(
                    task=task,
                    raw=tuple(to_raw(task, _page(task, pages))),
                    annotator=annotator,
                    by=user or _confirmer(found, back),
                    at=found["at"],
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


def _confirmer(found: Json, row: Row) -> str:
    """Who confirmed a task of shared annotations."""
    if str(row.number) not in found["by"]:
        raise RowError(
            f"{row.meta['document']}, paragraph {row.meta['paragraph']} (doccano's task "
            f"{row.number}): its confirmation was taken back during the pull; pull again"
        )
    return str(found["by"][str(row.number)])


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


def write_confirmed(folder: Path, pulled: Mapping[str, Iterable[Confirmed]]) -> None:
    """Write ``<annotator>.jsonl``, a pulled task a line: all files, or none of them."""
    try:
        with ExitStack() as stack:
            for name, rows in pulled.items():
                lines = [json.dumps(_line(row), ensure_ascii=False) + "\n" for row in rows]
                unfinished = stack.enter_context(written_whole(folder / f"{name}.jsonl"))
                unfinished.write_bytes("".join(lines).encode("utf-8"))
    except OSError as error:
        for path in folder.glob(".*.tmp"):
            path.unlink()
        raise ExchangeError(
            f"{folder} can't be written ({error.strerror}); make room and run it again: what was "
            "there before is unchanged"
        ) from error


def _line(row: Confirmed) -> Json:
    fields: Json = to_row(row.task)
    fields["raw"] = [[span.start, span.end, span.label] for span in row.raw]
    for key in ("annotator", "by", "at", "project", "example"):
        fields[key] = getattr(row, key)
    fields["comments"] = [vars(comment) for comment in row.comments]
    fields["problems"] = list(row.problems)
    return fields


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
