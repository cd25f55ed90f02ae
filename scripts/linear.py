"""Step `linear`: what our wheel costs as its input grows, in time and in memory.

The texts are the written sentences over and over, as pages of some two thousand characters,
read through ``nlp.pipe`` by the wheel in its own environment, on one core.
"""

import json
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer

from scripts.annotation.sentences import read_sentences
from scripts.benchmarking.systems import OURS, machine, measured, wheel_environment
from scripts.files import write_whole

_PAGE = 2000
# From this size on one run is long enough to be measured.
_LARGE_MB = 10


def pages(sentences: list[str], size: int) -> Iterator[str]:
    """Pages of `sentences`, a line each, until they have `size` bytes in UTF-8."""
    page, characters = [], 0
    for sentence in cycle(sentences):
        page.append(sentence)
        characters += len(sentence) + 1
        size -= len(sentence.encode("utf8")) + 1
        if characters >= _PAGE or size <= 0:
            yield "\n".join(page)
            page, characters = [], 0
        if size <= 0:
            return


def write_pages(path: Path, sentences: list[str], size: int) -> int:
    """Write such pages for `scripts.benchmarking.measure`; how many characters they have."""
    characters = 0
    with path.open("w", encoding="utf8") as file:
        for page in pages(sentences, size):
            file.write(json.dumps({"text": page}, ensure_ascii=False) + "\n")
            characters += len(page)
    return characters


def as_markdown(found: dict[str, Any]) -> str:
    """The figures as a readable page."""
    lines = [
        "# Cost as the input grows",
        "",
        f"{OURS.name} {found['version']} through `nlp.pipe`, characters a second of processor "
        f"time on one core. {found['machine']}.",
        "",
        "| input MB | characters | characters/s | peak MB |",
        "|---|---|---|---|",
    ]
    for size in found["sizes"]:
        lines.append(
            f"| {size['megabytes']:g} | {size['characters']:,} "
            f"| {size['characters_per_second']:,} | {size['peak_mb']:,} |"
        )
    return "\n".join(lines) + "\n"


def main(
    packages: Annotated[Path, typer.Argument(help="Folder that holds the package and its wheel.")],
    sentences: Annotated[Path, typer.Argument(help="Folder of the written sentences.")],
    out: Annotated[Path, typer.Argument(help="Folder for linear.json and linear.md.")],
    sizes: Annotated[
        str, typer.Option(help="Sizes of the input in MB, with commas between.")
    ] = "0.001,0.01,0.1,1,10,100",
) -> None:
    """Measure our wheel's speed and memory on inputs of growing size."""
    (wheel,) = packages.glob("*/dist/*.whl")
    python = wheel_environment(wheel)
    written = [s.text for path in sorted(sentences.glob("*.txt")) for s in read_sentences(path)]
    rows = []
    with TemporaryDirectory() as folder:
        warm_up, timed = Path(folder) / "warm-up.jsonl", Path(folder) / "timed.jsonl"
        write_pages(warm_up, written, 10_000)
        for megabytes in map(float, sizes.split(",")):
            typer.echo(f"{megabytes:g} MB")
            characters = write_pages(timed, written, round(megabytes * 1e6))
            runs = 1 if megabytes >= _LARGE_MB else 5
            figures = measured(python, OURS.module, warm_up, timed, runs)
            rows.append(
                {
                    "megabytes": megabytes,
                    "characters": characters,
                    "characters_per_second": round(figures["characters_per_second"]),
                    "peak_mb": round(figures["peak_mb"]),
                }
            )
    found = {"machine": machine(), "version": wheel.name.split("-")[1], "sizes": rows}
    write_whole(out / "linear.json", json.dumps(found, indent=1) + "\n")
    write_whole(out / "linear.md", as_markdown(found))
    typer.echo(as_markdown(found))


if __name__ == "__main__":
    typer.run(main)
