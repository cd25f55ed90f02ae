"""Step `doccano-pull`: what annotators confirmed, back from doccano."""

from pathlib import Path
from typing import Annotated

import typer

from scripts.annotation.tasks import TaskError, read_tasks
from scripts.doccano.exchange import ExchangeError, annotator_names, pull_round
from scripts.doccano.settings import HOME, SettingsError, server
from scripts.pages.document import read_pages


def main(
    round_folder: Annotated[Path, typer.Argument(help="Folder that scripts.doccano_push filled.")],
    documents: Annotated[Path, typer.Argument(help="Folder that scripts.ingest wrote.")],
    annotators: Annotated[str, typer.Option(help="Their user names, with commas.")],
    home: Annotated[Path, typer.Option(help="Folder of the local server.")] = HOME,
) -> None:
    """Write what each annotator confirmed to ROUND_FOLDER/confirmed/<annotator>.jsonl.

    A line is a task as scripts.tasks writes it, with the annotator's spans,
    and: raw (the same spans in offsets of the page), annotator, by (who
    confirmed it), at (when it was pulled, UTC: doccano tells the time of a
    confirmation for one task a request only, too slow for a round), project
    and example (numbers in doccano), comments, problems (what the guideline
    forbids in it).

    All files are written, or none: a deleted task, a changed text, an
    unknown label or a span beside the characters stops the pull, with the
    task and the reason. Only confirmed tasks come; comments on others are
    shown. The server is found as in scripts.doccano_push.

    Exit codes: 1 something can't be mapped or written, 3 no healthy server,
    4 login.

    Example: python -m scripts.doccano_pull corpus/rounds/1 corpus/documents
    --annotators anna,bo
    """
    try:
        names = annotator_names(annotators)
        pages = {page.id: page for page in read_pages(documents)}
        pulled = pull_round(round_folder, names, pages, server(home))
    except (TaskError, ExchangeError, SettingsError, OSError) as error:
        typer.secho(str(error), fg="red", err=True)
        raise typer.Exit(getattr(error, "code", 1)) from error
    count = len(read_tasks(round_folder / "tasks.jsonl"))
    for name, (rows, open_tasks) in pulled.items():
        spans = sum(len(row.raw) for row in rows)
        typer.echo(
            f"{round_folder / 'confirmed' / f'{name}.jsonl'}: {len(rows)} of {count} "
            f"tasks confirmed, {spans} spans, {sum(len(row.comments) for row in rows)} comments"
        )
        for row in rows:
            for problem in row.problems:
                typer.echo(f"  {row.task.document}, paragraph {row.task.paragraph}: {problem}")
        for task, said in open_tasks:
            for comment in said:
                where = f"{task.document}, paragraph {task.paragraph}"
                typer.echo(f"  not confirmed: {where}: {comment.by}: {comment.text}")


if __name__ == "__main__":
    typer.run(main)
