"""Step `doccano-up`: a doccano server on this machine, ready for annotators.

Its environment, database, passwords and logs are in ``.doccano/``, which only its owner can
read and git ignores.
"""

import os
from pathlib import Path
from typing import Annotated

import typer

from scripts.doccano import local
from scripts.doccano.settings import HOME, SettingsError, server


def main(
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1; 0 for any that is free.")] = 8000,
    home: Annotated[Path, typer.Option(help="Folder of database, passwords, logs.")] = HOME,
) -> None:
    """Start doccano 1.8.4 on 127.0.0.1 (web server and task worker) and wait until it is healthy.

    The database is SQLite, or what DATABASE_URL names:
    postgresql://USER@127.0.0.1:5432/doccano?sslmode=disable

    The admin's random password is in <home>/passwords/admin, which only you can read.

    Where DOCCANO_URL names a server that someone else runs, only its health is checked.

    Exit codes: 0 healthy, 3 not.

    Example: python -m scripts.doccano_up
    """
    try:
        if os.environ.get("DOCCANO_URL"):
            url = server(home).url
            local.require_health(url, "tell whoever runs it")
        else:
            url = local.up(home, port, lambda text: typer.echo(f"doccano: {text}"))
            typer.echo(f"doccano: log in as admin; password in {home / 'passwords' / 'admin'}")
    except (SettingsError, OSError) as error:
        typer.secho(f"doccano: {error}", fg="red", err=True)
        raise typer.Exit(getattr(error, "code", 3)) from error
    typer.echo(f"doccano: healthy at {url}")


if __name__ == "__main__":
    typer.run(main)
