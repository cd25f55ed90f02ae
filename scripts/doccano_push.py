"""Step `doccano-push`: annotation tasks into a doccano project for each annotator."""

import json
from pathlib import Path
from typing import Annotated

import typer

from scripts.annotation.tasks import Task, TaskError, read_tasks, write_tasks
from scripts.doccano.exchange import ExchangeError, job, push_job, run_client, task_row
from scripts.doccano.rows import Labels, RowError, read_labels, to_server
from scripts.doccano.settings import HOME, ROOT, SettingsError, server

LABELS = ROOT / "configs" / "labels.json"
GUIDELINE = ROOT / "corpus" / "guideline.md"


def main(
    tasks: Annotated[Path, typer.Argument(help="Task file of scripts.tasks or scripts.select.")],
    round_folder: Annotated[Path, typer.Argument(help="Folder of the round; names the projects.")],
    annotators: Annotated[str, typer.Option(help="Their user names, with commas.")],
    comments: Annotated[
        Path | None, typer.Option(help="Comments to put beside tasks (scripts.adjudicate).")
    ] = None,
    home: Annotated[Path, typer.Option(help="Folder of the local server.")] = HOME,
) -> None:
    """Make a doccano project for each annotator, with labels, guideline, tasks and proposals.

    Every row is checked before anything is sent; afterwards everything is
    read back and compared. Run twice, it adds nothing twice; killed and run
    again, it completes. What was pushed is kept in ROUND_FOLDER/tasks.jsonl.

    The server is the one of scripts.doccano_up, or the one that DOCCANO_URL,
    DOCCANO_USER and DOCCANO_PASSWORD name. An annotator without an account
    gets one; its random password is in .doccano/home/passwords/NAME.

    Exit codes: 1 wrong tasks or a difference, 3 no healthy server, 4 login.

    Example: python -m scripts.doccano_push corpus/tasks/tasks.jsonl corpus/rounds/1
    --annotators anna,bo
    """
    try:
        names = annotator_names(annotators)
        labels = read_labels(LABELS)
        read = sendable_tasks(tasks, labels)
        base = job(round_folder.name, names, read, tasks)
        said = _comments(comments, read) if comments else {}
        guideline = GUIDELINE.read_text(encoding="utf-8")
        result = run_client("push", push_job(base, read, labels, guideline, said), server(home))
        round_folder.mkdir(parents=True, exist_ok=True)
        write_tasks(round_folder / "tasks.jsonl", read)
    except (TaskError, ExchangeError, SettingsError, OSError) as error:
        typer.secho(str(error), fg="red", err=True)
        raise typer.Exit(getattr(error, "code", 1)) from error
    for name, made in result.items():
        added = f"{made['added']} tasks added and verified"
        typer.echo(
            f"{name}: {made['url']}: {added if made['added'] else 'already there, verified'}"
        )


def sendable_tasks(path: Path, labels: Labels) -> list[Task]:
    """The tasks of a file, each one checked; raises `TaskError` with file and line."""
    tasks = read_tasks(path)
    if not tasks:
        raise TaskError(f"{path}: holds no task")
    for number, task in enumerate(tasks, 1):
        try:
            to_server(task_row(task), labels)
        except RowError as error:
            raise TaskError(f"{path}:{number}: {error}") from error
    return tasks


def _comments(path: Path, tasks: list[Task]) -> dict[tuple[str, int], list[str]]:
    """The comments of a file by document and paragraph; raises `TaskError` with file and line."""
    known = {(task.document, task.paragraph) for task in tasks}
    found: dict[tuple[str, int], list[str]] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n")[:-1], 1):
        try:
            row = json.loads(line)
            key, texts = (row["document"], row["paragraph"]), [str(c) for c in row["comments"]]
        except (ValueError, KeyError, TypeError) as error:
            raise TaskError(
                f"{path}:{number}: {error!r}; a line holds document, paragraph and comments"
            ) from error
        if key not in known:
            raise TaskError(f"{path}:{number}: no such task; write it with the tasks, together")
        found[key] = texts
    return found


def annotator_names(given: str) -> list[str]:
    """The user names of a list with commas; raises `TaskError`."""
    names = [name.strip() for name in given.split(",") if name.strip()]
    if not names or len(set(names)) < len(names):
        raise TaskError(f"annotators {given!r}: name each one once, with commas between")
    for name in names:
        if not all(c.isalnum() or c in "@.+-_" for c in name) or name.startswith("."):
            raise TaskError(f"annotator {name!r}: a user name has letters, digits and @ . + - _")
    return names


if __name__ == "__main__":
    typer.run(main)
