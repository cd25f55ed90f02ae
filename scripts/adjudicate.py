"""Step `adjudicate`: compare the annotators of a round; settle what they agree on."""

import json
from itertools import combinations
from pathlib import Path
from typing import Annotated

import typer

from scripts.annotation.adjudication import Outcome, adjudicate, compared, merged
from scripts.annotation.agreement import Agreement, Figures
from scripts.annotation.agreement_page import agreement_page
from scripts.annotation.gold import GoldError, read_gold, write_gold
from scripts.annotation.spans import problems
from scripts.annotation.tasks import Task, TaskError, read_tasks, write_tasks
from scripts.doccano.exchange import Confirmed, read_confirmed
from scripts.doccano_push import LABELS, annotator_names
from scripts.files import write_whole
from scripts.pages.decode import decode
from scripts.pages.document import Page, read_pages


def main(
    round_folder: Annotated[Path, typer.Argument(help="Folder of the round, pulled.")],
    seeds: Annotated[Path, typer.Argument(help="Folder of the raw pages.")],
    documents: Annotated[Path, typer.Argument(help="Folder that scripts.ingest wrote.")],
    gold: Annotated[Path, typer.Argument(help="Folder of the gold corpus.")],
    annotators: Annotated[str, typer.Option(help="Their user names, with commas.")],
    review: Annotated[
        Path | None, typer.Option(help="Pulled review: its decisions become gold.")
    ] = None,
) -> None:
    """Compare what the annotators of ROUND_FOLDER confirmed, and settle it into GOLD.

    Writes to ROUND_FOLDER: agreement.json, .md and .html (figures of each
    pair, and every disagreement), and for a review project review.jsonl (the
    tasks with what all agree on) and review-comments.jsonl (each one's
    version of the rest). Push them with:

      python -m scripts.doccano_push corpus/rounds/1/review.jsonl
      corpus/rounds/1-review --annotators judge
      --comments corpus/rounds/1/review-comments.jsonl

    and after the pull run this again with --review
    corpus/rounds/1-review/judge.jsonl.

    Tasks that all confirmed alike, and reviewed ones, become gold as soon as
    no paragraph of their page is open; every span says who had it, and why
    it stands where they differed.

    Example: python -m scripts.adjudicate corpus/rounds/1 seeds
    corpus/documents corpus/gold --annotators anna,bo
    """
    try:
        names = annotator_names(annotators)
        tasks = read_tasks(round_folder / "tasks.jsonl")
        versions = {name: read_confirmed(round_folder / f"{name}.jsonl") for name in names}
        pages = {page.id: page for page in read_pages(documents)}
        raws = {name: decode((seeds / page.file).read_bytes())[0] for name, page in pages.items()}
        decided = read_confirmed(review) if review else []
        outcome = adjudicate(tasks, versions, decided, raws)
        _write_agreement(round_folder, versions)
        _write_review(round_folder, outcome)
        written, open_pages = settle(outcome, tasks, pages, raws, gold)
    except (TaskError, GoldError, OSError) as error:
        typer.secho(str(error), fg="red", err=True)
        raise typer.Exit(1) from error
    typer.echo((round_folder / "agreement.md").read_text(encoding="utf-8"))
    typer.echo(f"{round_folder / 'review.jsonl'}: {len(outcome.review)} tasks to decide")
    for task, absent in outcome.waiting:
        where = f"{task.document}, paragraph {task.paragraph}"
        typer.echo(f"  waiting: {where}: not confirmed by {', '.join(absent)}")
    for name in written:
        typer.echo(f"{gold / f'{name}.jsonl'}: settled")
    for name, count in open_pages.items():
        typer.echo(f"  {name}: {count} paragraphs are open, so it is no gold yet")


def settle(
    outcome: Outcome, tasks: list[Task], pages: dict[str, Page], raws: dict[str, str], gold: Path
) -> tuple[list[str], dict[str, int]]:
    """Write the gold of the pages without open paragraphs; their names, and the open pages.

    A page that has gold already keeps it where this round did not look.
    """
    results = {}
    open_pages = {}
    waiting = [task.page for task, _ in (*outcome.review, *outcome.waiting)]
    for name, spans in outcome.gold.items():
        path = gold / f"{name}.jsonl"
        shown = sum(len(document.paragraphs) for document in pages[name].documents)
        looked_at = sum(task.page == name for task in tasks)
        unread = 0 if path.exists() else shown - looked_at
        if still := waiting.count(name) + unread:
            open_pages[name] = still
            continue
        page = merged(read_gold(path) if path.exists() else [], spans, outcome.ranges[name])
        if found := list(problems(raws[name], (span.span for span in page))):
            raise TaskError(
                f"{name}: the result breaks the guideline; change it in the review project:\n"
                + "\n".join(found[:10])
            )
        results[path] = page
    for path, page in results.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_gold(path, page)
    return [path.stem for path in results], open_pages


def _write_agreement(folder: Path, versions: dict[str, list[Confirmed]]) -> None:
    colours = {
        row["text"]: (row["background_color"], row["text_color"])
        for row in json.loads(LABELS.read_text(encoding="utf-8"))
    }
    report = "# Agreement of the annotators\n"
    figures: dict[str, Figures] = {}
    for one, other in combinations(versions, 2):
        agreement = Agreement()
        found = []
        for task, a, b, _ in compared(versions[one], versions[other]):
            differ = agreement.add(len(task.text), a, b)
            found.append((f"{task.document}, {task.paragraph}", task.text, differ))
        page = agreement_page((one, other), agreement, found, colours)
        write_whole(folder / f"agreement-{one}-{other}.html", page)
        report += f"\n## {one} (a) and {other} (b), {len(found)} tasks\n\n{agreement.table()}"
        figures[f"{one} and {other}"] = agreement.figures()
    write_whole(folder / "agreement.md", report)
    write_whole(folder / "agreement.json", json.dumps(figures, indent=1))


def _write_review(folder: Path, outcome: Outcome) -> None:
    write_tasks(folder / "review.jsonl", (task for task, _ in outcome.review))
    lines = [
        {"document": task.document, "paragraph": task.paragraph, "comments": comments}
        for task, comments in outcome.review
    ]
    write_whole(
        folder / "review-comments.jsonl",
        "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines),
    )


if __name__ == "__main__":
    typer.run(main)
