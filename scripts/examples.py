"""Run the Python examples of Markdown pages, as a reader would, with the installed wheel.

The blocks of a page run one after the other in one namespace. With ``--compare`` what a block
prints must be what the block right behind it shows, if that is plain or ``text``. Needs nothing
but what the wheel brings along, so any environment can run it.
"""

import re
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer

_FENCE = re.compile(r"^( *)```(\w*)[^\n]*\n(.*?)^ *```\s*?$", re.MULTILINE | re.DOTALL)


class Block(NamedTuple):
    """A fenced block: the line of its fence, its language, its text without indentation."""

    line: int
    language: str
    text: str


def blocks(markdown: str) -> list[Block]:
    """The fenced blocks of a page."""
    return [
        Block(
            markdown.count("\n", 0, match.start()) + 1,
            match[2],
            re.sub(rf"(?m)^{match[1]}", "", match[3]),
        )
        for match in _FENCE.finditer(markdown)
    ]


def run(page: Path, compare: bool) -> int:
    """Run the Python blocks of `page`; returns how many. ValueError where one fails."""
    found = blocks(page.read_text(encoding="utf8"))
    names: dict[str, Any] = {"__name__": "__main__"}
    count = 0
    for block, following in zip(found, [*found[1:], Block(0, "", "")], strict=False):
        if block.language != "python":
            continue
        count += 1
        where = f"{page}:{block.line}"
        printed = StringIO()
        try:
            with redirect_stdout(printed):
                exec(compile(block.text, where, "exec"), names)
        except Exception as error:
            raise ValueError(f"{where}: the example fails: {error!r}") from error
        shown = following.text if following.line and following.language in ("", "text") else None
        if compare and shown is not None and printed.getvalue() != shown:
            raise ValueError(
                f"{where}: the example prints\n{printed.getvalue()}where the page shows\n{shown}"
                "Mend the page, or the model."
            )
    return count


def main(
    pages: Annotated[list[Path], typer.Argument(help="Markdown files, or folders of them.")],
    compare: Annotated[bool, typer.Option(help="Compare output with what pages show.")] = False,
) -> None:
    """Run the Python examples of Markdown pages with the installed wheel."""
    failed = False
    for page in (p for path in pages for p in (sorted(path.glob("*.md")) or [path])):
        try:
            if count := run(page, compare):
                typer.echo(f"{page}: {count} examples")
        except ValueError as error:
            typer.secho(str(error), fg="red", err=True)
            failed = True
    if failed:
        raise typer.Exit(1)


if __name__ == "__main__":
    typer.run(main)
