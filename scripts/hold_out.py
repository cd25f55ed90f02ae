"""Step `hold-out`: keep texts that a model is measured on out of what it learns from.

Their text is not in this repository: `corpus/held-out.txt` has a checksum for every run of ten
characters, a line each. Step `silver` drops the raw sentences that share one.
"""

from pathlib import Path
from typing import Annotated

import typer

from scripts.files import write_whole
from scripts.learning.raw import checksums, raw_texts


def main(
    texts: Annotated[Path, typer.Argument(help="Texts to measure on (JSONL with `text`).")],
    held_out: Annotated[Path, typer.Argument(help="File of the checksums; new ones are added.")],
) -> None:
    """Add the checksums of TEXTS to HELD_OUT.

    Example: python -m scripts.hold_out validation.jsonl corpus/held-out.txt
    """
    known = set(held_out.read_text(encoding="ascii").split()) if held_out.exists() else set()
    found = known.union(*map(checksums, raw_texts([texts])))
    write_whole(held_out, "".join(f"{checksum}\n" for checksum in sorted(found)))
    typer.echo(f"{held_out}: {len(found)} checksums, {len(found - known)} of them new")


if __name__ == "__main__":
    typer.run(main)
