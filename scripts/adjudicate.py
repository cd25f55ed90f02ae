"""Step `adjudicate`: settle a round into gold; what its annotators differ in goes to a judge."""

from pathlib import Path
from typing import Annotated

import typer

from scripts.annotation.adjudication import Outcome, adjudicate, key_of, merged
from scripts.annotation.gold import GoldError, read_gold, write_gold
from scripts.annotation.spans import problems
from scripts.annotation.tasks import Task, TaskError, read_tasks
from scripts.doccano.exchange import ExchangeError, pull_round, push_round, read_round
from scripts.doccano.settings import HOME, SettingsError, server
from scripts.pages.decode import decode
from scripts.pages.document import Page, read_pages


def main(
    round_folder: Annotated[Path, typer.Argument(help="Folder of the round, pulled.")],
    seeds: Annotated[Path, typer.Argument(help="Folder of the raw pages.")],
    documents: Annotated[Path, typer.Argument(help="Folder that scripts.ingest wrote.")],
    gold: Annotated[Path, typer.Argument(help="Folder of the gold corpus.")],
    judge: Annotated[str, typer.Option(help="User name of who decides.")] = "judge",
    home: Annotated[Path, typer.Option(help="Folder of the local server.")] = HOME,
) -> None:
    """Settle what the annotators of ROUND_FOLDER confirmed into GOLD; run it again after a review.

    What they differ in is pushed as a round of its own for the judge,
    ROUND_FOLDER-review-1, with what all agree on as proposals and each one's
    version of the rest as comments. The next run pulls what the judge
    confirmed, and pushes disagreements that came since as ROUND_FOLDER-review-2.

    Tasks that all confirmed alike, and those that the judge confirmed, become
    gold as soon as no paragraph of their page is open; every span says who
    had it, and why it stands where they differed.

    Exit codes: 1 something can't be settled, 3 no healthy server, 4 login.

    Example: python -m scripts.adjudicate corpus/rounds/1 seeds corpus/documents corpus/gold
    """
    try:
        tasks = read_tasks(round_folder / "tasks.jsonl")
        versions = read_round(round_folder)
        if not versions:
            raise TaskError(f"{round_folder / 'confirmed'}: nothing was pulled; pull the round")
        pages = {page.id: page for page in read_pages(documents)}
        raws = {name: decode((seeds / page.file).read_bytes())[0] for name, page in pages.items()}
        reviews = sorted(round_folder.parent.glob(f"{round_folder.name}-review-*/tasks.jsonl"))
        sent = {key_of(task) for path in reviews for task in read_tasks(path)}
        decided = [
            row
            for path in reviews
            for row in pull_round(path.parent, [judge], pages, server(home))[judge][0]
        ]
        outcome = adjudicate(tasks, versions, decided, raws)
        written, open_pages = settle(outcome, tasks, pages, raws, gold)
        review = {task: said for task, said in outcome.review if key_of(task) not in sent}
        if review:
            said = {key_of(task): comments for task, comments in review.items()}
            folder = round_folder.with_name(f"{round_folder.name}-review-{len(reviews) + 1}")
            made = push_round(
                folder, folder / "tasks.jsonl", list(review), said, [judge], server(home)
            )
            typer.echo(f"{judge}: {made[judge]['url']}: {len(review)} tasks to decide")
    except (TaskError, GoldError, ExchangeError, SettingsError, OSError) as error:
        typer.secho(str(error), fg="red", err=True)
        raise typer.Exit(getattr(error, "code", 1)) from error
    typer.echo(
        f"{round_folder}: {len(decided)} disagreements are decided, {len(outcome.review)} are not"
    )
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


if __name__ == "__main__":
    typer.run(main)
