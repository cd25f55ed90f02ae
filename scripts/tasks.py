"""Step `tasks`: from documents to annotation tasks for doccano.

Writes to the output folder, each file whole or not at all:

- ``tasks.jsonl``: one paragraph a line, with the spans that the rules propose,
- ``gold.jsonl``, asked for with --gold: the same paragraphs of the pages that have gold, with
  their gold spans, to be reviewed or to test an exchange.

The labels for doccano are ``configs/labels.json``, the annotators' guideline is
``corpus/guideline.md``.
"""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from scripts.annotation.gold import GoldError, read_gold
from scripts.annotation.proposals import SOURCE, propose, read_lexicon
from scripts.annotation.spans import LABELS
from scripts.annotation.tasks import Task, TaskError, gold_tasks, page_tasks, write_tasks
from scripts.pages.document import Page, read_pages

DATA = Path(__file__).parent / "components" / "data"

app = typer.Typer(add_completion=False)


@app.command()
def tasks(
    documents: Annotated[Path, typer.Argument(help="Folder that scripts.ingest wrote.")],
    out: Annotated[Path, typer.Argument(help="Folder for tasks.jsonl and gold.jsonl.")],
    gold: Annotated[
        Path | None,
        typer.Option(help="Folder of gold spans: also write gold.jsonl.", file_okay=False),
    ] = None,
) -> None:
    """Turn every paragraph of DOCUMENTS into an annotation task with proposed spans.

    A line of a task file is a row for doccano: text, label (start, end and
    label of each span, in code points of the text), and what leads back to
    the page: page, document, paragraph, start and end in the raw page, kind,
    speaker, script, proposed_by, sha256 of the page.

    Example: python -m scripts.tasks corpus/documents corpus/tasks --gold corpus/gold
    """
    try:
        pages = _pages(documents)
        lexicon = read_lexicon(DATA)
        proposed = [
            task
            for page in pages
            for task in page_tasks(
                page, SOURCE, [spans for doc in page.documents for spans in propose(doc, lexicon)]
            )
        ]
        annotated = [] if gold is None else _annotated(gold, pages)
        out.mkdir(parents=True, exist_ok=True)
        _write(out / "tasks.jsonl", proposed)
        if gold is not None:
            _write(out / "gold.jsonl", annotated)
    except (TaskError, GoldError, OSError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error


def _pages(documents: Path) -> list[Page]:
    path = documents / "pages.jsonl"
    mend = f"make it with: python -m scripts.ingest seeds {documents}"
    try:
        pages = list(read_pages(documents))
    except FileNotFoundError as error:
        raise TaskError(f"{path}: missing; {mend}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise TaskError(f"{path}: not what scripts.ingest writes ({error!r}); {mend}") from error
    if not pages:
        raise TaskError(f"{path}: holds no page; {mend}")
    return pages


def _annotated(gold: Path, pages: list[Page]) -> list[Task]:
    """The gold tasks of the pages that have a file in `gold`."""
    names = {page.id for page in pages}
    for path in sorted(gold.glob("*.jsonl")):
        if path.stem not in names:
            raise TaskError(f"{path}: no page {path.stem} in the documents; ingest it, too")
    found = []
    for page in pages:
        path = gold / f"{page.id}.jsonl"
        if path.is_file():
            try:
                made, left_out = gold_tasks(page, (span.span for span in read_gold(path)))
            except TaskError as error:
                raise TaskError(f"{path}: {error}") from error
            found += made
            if left_out:
                typer.echo(f"{path}: {len(left_out)} spans are in no paragraph and in no task")
    if not found:
        raise TaskError(f"{gold}: no gold for any page; its files are named <page>.jsonl")
    return found


def _write(path: Path, tasks: Iterable[Task]) -> None:
    tasks = list(tasks)
    write_tasks(path, tasks)
    counts = Counter(span.label for task in tasks for span in task.label)
    spans = ", ".join(f"{counts[label]} {label}" for label in LABELS)
    typer.echo(f"{path}: {len(tasks)} tasks; {spans}")


if __name__ == "__main__":
    app()
