"""Step `extract`: from pages, one or a million, to one table of facts.

Writes the table of facts, one row for each value, and beside it ``<name>.rejects.csv``: the pages
that gave nothing, and why. Until both are there, the parts that are done lie in
``<name>.parts/``, and the same command goes on from them after a kill.
"""

import json
import shutil
import time
from collections.abc import Iterable, Iterator
from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from scripts.extraction.engines import Done, Job, local, on_ray
from scripts.extraction.sources import (
    Batch,
    Columns,
    SourceError,
    find_batches,
    find_paths,
    read_batches,
    require_package,
    write_batches,
)
from scripts.extraction.tables import FORMATS, join_parts, part_of, rejects_table
from scripts.extraction.work import ModelError, load

app = typer.Typer(add_completion=False)


class Engine(str, Enum):
    """Who does the work."""

    local = "local"
    ray = "ray"


@app.command()
def extract(
    inputs: Annotated[
        list[str], typer.Argument(help="Files, folders, globs; .jsonl, .csv, .parquet are tables.")
    ],
    out: Annotated[Path, typer.Option(help="Table: .parquet, .csv, .jsonl, or .spacy (a folder).")],
    model: Annotated[
        str, typer.Option(help="Installed pipeline, or its folder.")
    ] = "zh_poverty_news_sm",
    text: Annotated[str, typer.Option(help="Column of a table that holds the page.")] = "text",
    id: Annotated[str | None, typer.Option(help="Column that names the document.")] = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes.")] = 1,
    engine: Annotated[Engine, typer.Option(help="This machine, or a Ray cluster.")] = Engine.local,
) -> None:
    """Read pages (plain text or HTML, UTF-8 or GB18030) and write one row for each value.

    A page that can't be read stands in <name>.rejects.csv with its reason, and the others go on.
    After a kill, the same command goes on where it stopped. Parquet needs pyarrow, --engine ray
    needs ray[data]; start and end count code points of the page as decoded.

    Example: python -m scripts.extract "pages/**/*.html" news.jsonl --out facts.parquet --workers 4
    """
    folder = out.absolute().with_name(f"{out.name}.parts")
    job = Job(model, Columns(text, id), folder, out.suffix, Path.cwd())
    try:
        _check(out, engine)
        version = str(load(model).meta["version"])
        run = _begin(job, inputs, version)
        _watch(_engine(job, workers, engine), job, run["size"])
    except (SourceError, ModelError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    join_parts(folder, run["batches"], out)
    shutil.rmtree(folder)
    typer.echo(f"{out}; pages that gave nothing, and why: {rejects_table(out)}")


def _check(out: Path, engine: Engine) -> None:
    if out.suffix not in FORMATS:
        raise SourceError(f"{out}: the name of the table ends in {', '.join(FORMATS)}")
    if out.exists():
        raise SourceError(f"{out}: exists; move it, or choose another name")
    if out.suffix == ".parquet":
        require_package("pyarrow")
    if engine is Engine.ray:
        require_package("ray")


def _begin(job: Job, inputs: list[str], version: str) -> dict[str, Any]:
    """What is to be done: how many batches, and their bytes. Lists them if no run did before.

    Raises SourceError if the parts that are there come from another command.
    """
    settings = {
        "inputs": inputs,
        "text": job.columns.text,
        "id": job.columns.id,
        "model": [job.model, version],
    }
    path = job.folder / "run.json"
    if path.exists():
        run: dict[str, Any] = json.loads(path.read_text(encoding="utf8"))
        changed = [name for name, value in settings.items() if run[name] != value]
        if changed:
            raise SourceError(
                f"{job.folder}: parts of a run with other {', '.join(changed)}; "
                "give the same command again, or remove the folder"
            )
        return run
    job.folder.mkdir(parents=True, exist_ok=True)
    count, size = write_batches(job.batches, find_batches(find_paths(inputs), job.columns))
    run = settings | {"batches": count, "size": size}
    unfinished = path.with_suffix(".tmp")
    unfinished.write_text(json.dumps(run, ensure_ascii=False), encoding="utf8")
    unfinished.replace(path)
    return run


def _todo(job: Job) -> Iterator[tuple[int, Batch]]:
    """The batches whose part is not there yet."""
    for at, batch in read_batches(job.batches):
        if not part_of(job.folder, batch.number, job.suffix).exists():
            yield at, batch


def _engine(job: Job, workers: int, engine: Engine) -> Iterator[Done]:
    if engine is Engine.ray:
        return on_ray((at for at, _ in _todo(job)), job, workers)
    return local((batch for _, batch in _todo(job)), job, workers)


def _watch(done: Iterable[Done], job: Job, size: int) -> None:
    """Do the work behind a bar; the rates stand in one line at the end."""
    pages = characters = rows = rejected = 0
    start = time.monotonic()
    with Progress(
        BarColumn(), TaskProgressColumn(), TextColumn("{task.description}"), TimeRemainingColumn()
    ) as progress:
        left = sum(batch.size for _, batch in _todo(job))
        task = progress.add_task("", total=size, completed=size - left)
        for one in done:
            pages, characters = pages + one.pages, characters + one.characters
            rows, rejected = rows + one.rows, rejected + one.rejected
            seconds = time.monotonic() - start
            rates = f"{pages} pages, {pages / seconds:.1f}/s, {characters / seconds:,.0f} chars/s"
            progress.update(task, advance=one.size, description=rates)
    typer.echo(f"{rates if pages else '0 pages'}; {rows} rows, {rejected} rejected")


if __name__ == "__main__":
    app()
