"""Step `doccano-down`: stop the doccano server that `doccano-up` started."""

from pathlib import Path
from typing import Annotated

import typer

from scripts.doccano import local
from scripts.doccano.settings import HOME


def main(
    home: Annotated[Path, typer.Option(help="Folder of database, passwords, logs.")] = HOME,
) -> None:
    """Stop the local doccano server, by the ids of the processes that were started; data stay.

    Run twice, it does nothing the second time.

    Example: python -m scripts.doccano_down
    """
    stopped = local.down(home)
    typer.echo(f"doccano: stopped {' and '.join(stopped)}" if stopped else "doccano: not running")


if __name__ == "__main__":
    typer.run(main)
