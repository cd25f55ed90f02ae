"""Step `doccano-push`: annotation tasks into a doccano project for each annotator."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import spacy
import typer

from scripts import components  # noqa: F401  (registers the pipeline's own functions)
from scripts.annotation.pipeline import propose
from scripts.annotation.proposals import SOURCE
from scripts.annotation.tasks import Task, TaskError, read_tasks
from scripts.doccano.exchange import ExchangeError, Said, annotator_names, push_round
from scripts.doccano.settings import HOME, SettingsError, server


def main(
    tasks: Annotated[Path, typer.Argument(help="Task file of scripts.tasks or scripts.select.")],
    round_folder: Annotated[Path, typer.Argument(help="Folder of the round; names the projects.")],
    annotators: Annotated[str, typer.Option(help="Their user names, with commas.")],
    model: Annotated[
        Path | None, typer.Option(help="Its proposals replace those of the rules, if it exists.")
    ] = None,
    home: Annotated[Path, typer.Option(help="Folder of the local server.")] = HOME,
) -> None:
    """Make a doccano project for each annotator, with labels, guideline, tasks and proposals.

    Every row is checked before anything is sent; afterwards everything is
    read back and compared. Run twice, it adds nothing twice; killed and run
    again, it completes. What was pushed is kept in ROUND_FOLDER/tasks.jsonl,
    and stays the same when a new model would propose something else.

    Comments to put beside tasks are in a file beside TASKS, where there is
    one: suspects-comments.jsonl for suspects.jsonl.

    The server is the one of scripts.doccano_up, or the one that DOCCANO_URL,
    DOCCANO_USER and DOCCANO_PASSWORD name. An annotator without an account
    gets one; its random password is in .doccano/home/passwords/NAME.

    Exit codes: 1 wrong tasks or a difference, 3 no healthy server, 4 login.

    Example: python -m scripts.doccano_push corpus/tasks/tasks.jsonl corpus/rounds/1
    --annotators anna,bo --model training/model
    """
    try:
        names = annotator_names(annotators)
        read = read_tasks(tasks)
        said = _comments(tasks.with_name(f"{tasks.stem}-comments.jsonl"), read)
        proposed = _proposed(read, round_folder / "tasks.jsonl", model)
        result = push_round(round_folder, tasks, proposed, said, names, server(home))
    except (TaskError, ExchangeError, SettingsError, OSError) as error:
        typer.secho(str(error), fg="red", err=True)
        raise typer.Exit(getattr(error, "code", 1)) from error
    typer.echo(f"proposals by {', '.join(sorted({task.proposed_by for task in proposed}))}")
    for name, made in result.items():
        added = f"{made['added']} tasks added and verified"
        typer.echo(
            f"{name}: {made['url']}: {added if made['added'] else 'already there, verified'}"
        )


def _proposed(tasks: list[Task], pushed: Path, model: Path | None) -> list[Task]:
    """The tasks with the proposals of the model instead of the rules' ones.

    pushed: what an earlier run pushed; where these are its tasks, its proposals stay.
    """
    if pushed.exists() and _same_but_for_model(tasks, earlier := read_tasks(pushed)):
        return earlier
    if model is None or not (model / "meta.json").exists():
        return tasks
    by_rules = [task for task in tasks if task.proposed_by == SOURCE]
    read = iter([task for task, _ in propose(spacy.load(model), by_rules)] if by_rules else [])
    return [next(read) if task.proposed_by == SOURCE else task for task in tasks]


def _same_but_for_model(tasks: list[Task], earlier: list[Task]) -> bool:
    return len(tasks) == len(earlier) and all(
        one == other
        or (
            one.proposed_by == SOURCE
            and one == replace(other, label=one.label, proposed_by=one.proposed_by)
        )
        for one, other in zip(tasks, earlier, strict=True)
    )


def _comments(path: Path, tasks: list[Task]) -> Said:
    """The comments of a file by document and paragraph; raises `TaskError` with file and line."""
    known = {(task.document, task.paragraph) for task in tasks}
    found: dict[tuple[str, int], list[str]] = {}
    if not path.exists():
        return found
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


if __name__ == "__main__":
    typer.run(main)
