"""Step `ingest`: from a folder of saved pages to documents.

Writes two files to the output folder, both whole or not at all:

- ``pages.jsonl``: one page a line (`scripts.pages.document.Page`), with its documents and with
  every raw range that is in none of them and the reason,
- ``rejected.jsonl``: the files that gave no page, and why.
"""

from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from scripts.files import write_rows
from scripts.pages.document import Page, to_json
from scripts.pages.folder import ManifestError, Rejected, read_folder
from scripts.pages.lost import DIVISIONS, read_divisions

app = typer.Typer(add_completion=False)


@app.command()
def ingest(
    seeds: Annotated[Path, typer.Argument(help="Folder of pages.", exists=True, file_okay=False)],
    out: Annotated[Path, typer.Argument(help="Folder for pages.jsonl and rejected.jsonl.")],
) -> None:
    """Read every page of SEEDS (plain text or saved HTML, UTF-8 or GB18030) into documents.

    A file that is no Chinese page is named on stderr and in rejected.jsonl, and the others go
    on. A file that manifest.json names must be unchanged: annotations point into it.

    Example: python -m scripts.ingest seeds corpus/documents
    """
    pages: list[Page] = []
    rejected: list[Rejected] = []
    try:
        for found in read_folder(seeds, read_divisions(DIVISIONS)):
            if isinstance(found, Rejected):
                rejected.append(found)
                typer.echo(f"{seeds / found.file}: {found.message}", err=True)
            else:
                pages.append(found)
                typer.echo(_summary(found))
    except ManifestError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    if not pages:
        typer.echo(f"{seeds}: no page could be read; put pages as text or HTML there", err=True)
        raise typer.Exit(1)
    write_rows(out / "pages.jsonl", map(to_json, pages))
    write_rows(out / "rejected.jsonl", map(asdict, rejected))


def _summary(page: Page) -> str:
    paragraphs = sum(len(document.paragraphs) for document in page.documents)
    reasons = Counter(left.reason for left in page.left_out)
    left_out = ", ".join(f"{count} {reason}" for reason, count in reasons.most_common())
    return (
        f"{page.file}: {len(page.documents)} documents, {paragraphs} paragraphs; "
        f"left out: {left_out or 'nothing'}"
    )


if __name__ == "__main__":
    app()
