"""Step `select`: what to annotate next, and which gold to look at again."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated

import spacy
import typer
from spacy.language import Language

from scripts import components  # noqa: F401  (registers the pipeline's own functions)
from scripts.annotation.confidence import (
    Calibration,
    Prediction,
    PredictionError,
    Suspect,
    calibrate,
    choose,
    read_predictions,
    suspects,
    uncertainty,
)
from scripts.annotation.gold import GoldError, read_gold
from scripts.annotation.pipeline import propose
from scripts.annotation.spans import Span
from scripts.annotation.tasks import (
    Task,
    TaskError,
    gold_tasks,
    paragraphs,
    read_tasks,
    to_view,
    write_tasks,
)
from scripts.files import write_rows
from scripts.pages.document import Page, Paragraph, read_pages


def main(
    tasks: Annotated[Path, typer.Argument(help="Task file of scripts.tasks.")],
    documents: Annotated[Path, typer.Argument(help="Folder that scripts.ingest wrote.")],
    gold: Annotated[Path, typer.Argument(help="Folder of the gold corpus.")],
    model: Annotated[Path, typer.Argument(help="Folder of the trained pipeline.")],
    out: Annotated[Path, typer.Argument(help="Folder for the tasks.")],
    predictions: Annotated[
        Path | None, typer.Option(help="Out-of-fold predictions of the gold pages, with scores.")
    ] = None,
    count: Annotated[int, typer.Option(min=1, help="How many tasks to choose.")] = 50,
) -> None:
    """Choose the tasks of the next round, and the gold that models contradict.

    next.jsonl: the tasks of pages without gold that the model is least sure
    of, unlike each other, with its proposals. With --predictions (made by
    models that did not see the page): scores are calibrated by them, and
    suspects.jsonl holds the gold tasks that they contradict with high
    confidence, the most suspicious first; suspects-comments.jsonl what the
    models would say. Push both files like any task file.

    Example: python -m scripts.select corpus/tasks/tasks.jsonl
    corpus/documents corpus/gold training/model corpus/selected
    --predictions training/metrics/predictions.jsonl
    """
    try:
        pages = {page.id: page for page in read_pages(documents)}
        spans = shown_gold(pages, gold)
        known = read_predictions(predictions) if predictions else []
        nlp = spacy.load(model)
        open_tasks = [task for task in read_tasks(tasks) if task.page not in spans]
        out.mkdir(parents=True, exist_ok=True)
        chosen = next_tasks(nlp, open_tasks, calibrations(spans, known), count)
        write_tasks(out / "next.jsonl", chosen)
        doubted = list(suspect_tasks(pages, spans, suspects(spans, known), count))
        write_tasks(out / "suspects.jsonl", (task for task, _ in doubted))
        lines = [
            {"document": task.document, "paragraph": task.paragraph, "comments": said}
            for task, said in doubted
        ]
        write_rows(out / "suspects-comments.jsonl", lines)
    except (TaskError, GoldError, PredictionError, OSError) as error:
        typer.secho(str(error), fg="red", err=True)
        raise typer.Exit(1) from error
    typer.echo(f"{out / 'next.jsonl'}: {len(chosen)} of {len(open_tasks)} open tasks")
    typer.echo(f"{out / 'suspects.jsonl'}: {len(doubted)} gold tasks to look at again")


def shown_gold(pages: dict[str, Page], folder: Path) -> dict[str, list[Span]]:
    """The gold of each page that has some, but for what no paragraph shows (navigation)."""
    shown = {}
    for path in sorted(folder.glob("*.jsonl")):
        if path.stem not in pages:
            raise TaskError(f"{path}: no page {path.stem} in the documents; ingest it, too")
        spans = [row.span for row in read_gold(path)]
        _, left_out = gold_tasks(pages[path.stem], spans)
        shown[path.stem] = [span for span in spans if span not in left_out]
    return shown


def calibrations(
    gold: dict[str, list[Span]], known: Iterable[Prediction]
) -> dict[str, Calibration]:
    """A calibration for each label, from predictions of pages that have gold."""
    seen: dict[str, list[tuple[float, bool]]] = {}
    right = {page: set(spans) for page, spans in gold.items()}
    for p in known:
        if p.page in right:
            seen.setdefault(p.span.label, []).append((p.score, p.span in right[p.page]))
    return {label: calibrate(pairs) for label, pairs in seen.items()}


def next_tasks(
    nlp: Language, tasks: list[Task], worth: dict[str, Calibration], count: int
) -> list[Task]:
    """The tasks that the model is least sure of, unlike each other, with its proposals."""
    proposed, unsure = [], []
    read = propose(nlp, tasks)
    with typer.progressbar(read, length=len(tasks), label="Reading") as bar:
        for task, found in bar:
            proposed.append(task)
            unsure.append(
                uncertainty(
                    worth[span.label](score) if span.label in worth else score
                    for span, score in found
                )
            )
    return [proposed[i] for i in choose([task.text for task in tasks], unsure, count)]


def suspect_tasks(
    pages: dict[str, Page], gold: dict[str, list[Span]], found: list[Suspect], count: int
) -> Iterator[tuple[Task, list[str]]]:
    """The gold tasks of the first `count` suspects, the most suspicious first, with comments."""
    shown: dict[tuple[str, int], tuple[Task, list[str]]] = {}
    tasks = {name: gold_tasks(page, gold[name])[0] for name, page in pages.items() if name in gold}
    for suspect in found[:count]:
        start, end = suspect.found.place
        for task, (_, _, paragraph) in zip(
            tasks[suspect.page], paragraphs(pages[suspect.page]), strict=True
        ):
            if task.start <= start and end <= task.end:
                key = (task.document, task.paragraph)
                now, other = (
                    _shown(paragraph, span) for span in (suspect.found.a, suspect.found.b)
                )
                comment = f"可疑 {suspect.score:.2f}：现在 {now}；模型 {other}"
                shown.setdefault(key, (task, []))[1].append(comment)
                break
    yield from shown.values()


def _shown(paragraph: Paragraph, span: Span | None) -> str:
    if span is None:
        return "（无）"
    try:
        view = to_view(paragraph, span.start, span.end)
    except TaskError:  # a model's span may begin in what the paragraph does not show
        view = None
    text = paragraph.text[slice(*view)] if view else f"{span.start}:{span.end}"
    return f"[{text}]{span.label}"


if __name__ == "__main__":
    typer.run(main)
