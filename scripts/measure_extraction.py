"""Step `measure-extraction`: rate and memory of `extract`, and what a cluster costs.

The input is made of the written sentences, their digits changed: a table of pages of about the
length of the seeds, and a folder of web pages, which are scripts and styles for the most part.
Each is extracted by one process of its own, whose most memory the system tells.
"""

import json
import os
import random
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer

from scripts.annotation.sentences import read_sentences
from scripts.benchmarking.systems import machine
from scripts.extraction.work import load
from scripts.files import write_whole

PAGES = 100_000_000
TABLE, WEB = "JSONL table", "folder of HTML"
HOUR = 3600
_RUNS = 12
# A web page of this size holds this much text.
_WEB_BYTES, _WEB_CHARACTERS = 60_000, 900
_DIGIT = re.compile(r"\d")


def made_pages(sentences: list[str], length: int) -> Iterator[str]:
    """Pages of at least `length` characters, without end; the same ones each time."""
    numbers = random.Random(0)
    while True:
        page = ""
        while len(page) < length:
            sentence = numbers.choice(sentences)
            page += _DIGIT.sub(lambda _: str(numbers.randint(1, 9)), sentence) + "\n"
        yield page


def write_table(path: Path, pages: Iterator[str], size: int) -> dict[str, int]:
    """A JSONL table of at least `size` bytes; how much it holds."""
    with path.open("wb") as file:

        def write(number: int, page: str) -> int:
            return file.write(json.dumps({"text": page}, ensure_ascii=False).encode() + b"\n")

        return _held(pages, size, write)


def write_folder(folder: Path, pages: Iterator[str], size: int) -> dict[str, int]:
    """A folder of web pages of at least `size` bytes together; how much it holds."""
    folder.mkdir()
    script = "<script>" + "var x = 'navigation'; " * (_WEB_BYTES // 22) + "</script>"

    def write(number: int, page: str) -> int:
        body = "".join(f"<p>{line}</p>\n" for line in page.splitlines())
        whole = f"<html><head><meta charset='utf-8'>{script}</head><body>{body}</body></html>"
        return (folder / f"{number:06}.html").write_bytes(whole.encode())

    return _held(pages, size, write)


def _held(pages: Iterator[str], size: int, write: Callable[[int, str], int]) -> dict[str, int]:
    """Write pages until they have `size` bytes; `write` takes a number and tells the bytes."""
    held = {"pages": 0, "characters": 0, "bytes": 0}
    while held["bytes"] < size:
        page = next(pages)
        held["bytes"] += write(held["pages"], page)
        held["pages"] += 1
        held["characters"] += len(page)
    return held


def extracted(model: str, table: Path, out: Path) -> dict[str, float]:
    """Processor seconds and most memory of one process that extracts a table or a folder."""
    command = [sys.executable, "-m", "scripts.extract", str(table), "--out", str(out)]
    process = subprocess.Popen([*command, "--model", model], stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise typer.Exit(process.returncode)
    return {
        "processor_seconds": round(used.ru_utime + used.ru_stime, 1),
        "peak_mb": round(used.ru_maxrss / 1000),
    }


def speeds(model: str, texts: list[str]) -> dict[str, int]:
    """Characters a second of the pipeline, with and without the components that read values."""
    nlp = load(model)
    off = {"with": [], "without": ["quantities", "places", "facts"]}
    best = dict.fromkeys(off, float("inf"))
    for _ in range(_RUNS):  # in turn, so that other work on the machine slows both
        for name, pipes in off.items():
            with nlp.select_pipes(disable=pipes):
                start = time.process_time()
                for _ in nlp.pipe(texts):
                    pass
                best[name] = min(best[name], time.process_time() - start)
    return {name: round(sum(map(len, texts)) / seconds) for name, seconds in best.items()}


def as_markdown(measured: dict[str, Any]) -> str:
    """The sizes as a readable page."""
    lines = [
        "# Extraction as its input grows",
        "",
        f"`scripts.extract` with one process. {measured['machine']}. Rate by processor time, "
        "loading included: other work on the machine doesn't count.",
        "",
        "| input | MB | pages | characters | characters/s | peak MB |",
        "|---" * 6 + "|",
    ]
    for row in measured["sizes"]:
        lines.append(
            f"| {row['input']} | {row['bytes'] / 1e6:,.0f} | {row['pages']:,} "
            f"| {row['characters']:,} "
            f"| {row['characters'] / row['processor_seconds']:,.0f} | {row['peak_mb']:,} |"
        )
    speed = measured["speed"]
    lines += [
        "",
        f"The pipeline alone, on the seed pages, the best of {_RUNS} runs: {speed['with']:,} "
        "characters a second of processor time; without quantities, places and facts "
        f"{speed['without']:,}. The three cost {1 - speed['with'] / speed['without']:.1%} of the "
        "speed.",
    ]
    return "\n".join(lines) + "\n"


def as_cluster_page(measured: dict[str, Any], price: float) -> str:
    """What `PAGES` pages cost on a cluster, by the rate of the largest measured size."""
    tables = (row for row in measured["sizes"] if row["input"] == TABLE)
    largest = max(tables, key=lambda row: row["bytes"])
    rate = largest["characters"] / largest["processor_seconds"]
    length = measured["seed_characters"]
    hours = PAGES * length / rate / HOUR
    lines = [
        "# On a cluster",
        "",
        "```bash",
        'pip install "ray[data]" pyarrow  # on every machine, with the wheel and this repository',
        'RAY_ADDRESS=auto python -m scripts.extract "/shared/pages/*.parquet" \\',
        "  --out /shared/facts.parquet --engine ray --workers 1000",
        "```",
        "",
        "Inputs, output and this repository lie on a file system that every machine sees under the "
        "same paths. Each batch (1 MB or 256 pages) becomes a part of its own, whole or not there "
        "at all: a worker that dies costs the batch that it was at, and a run that is killed goes "
        "on with the same command. The parts are joined where the command was given.",
        "",
        f"## What {PAGES:,} pages cost",
        "",
        "`python -m scripts.measure_extraction` computes this page from `docs/measured/"
        "extraction.json`.",
        "",
        f"- A page holds {length:,.0f} characters, the mean of the seed pages.",
        f"- One core reads {rate:,.0f} characters a second of processor time: "
        f"{largest['bytes'] / 1e6:,.0f} MB with one process, loading and tables included "
        f"({measured['machine']}).",
        f"- Together {hours:,.0f} core hours; at {price} USD a core hour, the price of a rented "
        f"core that is assumed here (`--price`), {hours * price:,.0f} USD.",
        "",
        "| cores | days |",
        "|---|---|",
        *(f"| {cores:,} | {hours / cores / 24:,.1f} |" for cores in (16, 100, 1000)),
        "",
        f"Memory: {largest['peak_mb']:,} MB for one process at {largest['bytes'] / 1e6:,.0f} MB of "
        "input; the smaller sizes stand in [measured/extraction.md](measured/extraction.md).",
        "",
        "Measured is one machine; that a cluster keeps this rate with every core is assumed. The "
        "tests run two nodes on one machine, kill a worker, and compare the rows with those of the "
        "local engine.",
    ]
    return "\n".join(lines) + "\n"


def main(
    model: Annotated[str, typer.Argument(help="Installed pipeline, or its folder.")],
    seeds: Annotated[Path, typer.Argument(help="Folder of the raw pages, for their length.")],
    sentences: Annotated[Path, typer.Argument(help="Folder of the written sentences.")],
    docs: Annotated[Path, typer.Argument(help="Folder for measured/extraction.* and cluster.md.")],
    megabytes: Annotated[list[int], typer.Option(help="Sizes of tables.")] = [1, 10, 100],  # noqa: B006
    web: Annotated[list[int], typer.Option(help="Sizes of folders of web pages.")] = [100, 1000],  # noqa: B006
    price: Annotated[float, typer.Option(help="USD for a core hour.")] = 0.04,
) -> None:
    """Measure rate and memory of extract as its input grows, and compute what a cluster costs."""
    raw = [path.read_bytes().decode() for path in sorted(seeds.glob("*.txt"))]
    length = sum(map(len, raw)) / len(raw)
    found = [s.text for path in sorted(sentences.glob("*.txt")) for s in read_sentences(path)]
    measured: dict[str, Any] = {
        "machine": machine(),
        "seed_characters": length,
        "speed": speeds(model, raw * 4),
        "sizes": [],
    }
    kinds = [(TABLE, size) for size in megabytes] + [(WEB, size) for size in web]
    for kind, size in kinds:
        with TemporaryDirectory() as folder:
            given = Path(folder) / ("pages.jsonl" if kind == TABLE else "pages")
            write, of = (write_table, length) if kind == TABLE else (write_folder, _WEB_CHARACTERS)
            held = write(given, made_pages(found, round(of)), size * 1_000_000)
            row = {"input": kind} | held | extracted(model, given, Path(folder) / "out.csv")
            typer.echo(row)
            measured["sizes"].append(row)
    write_whole(docs / "measured" / "extraction.json", json.dumps(measured, indent=1) + "\n")
    write_whole(docs / "measured" / "extraction.md", as_markdown(measured))
    write_whole(docs / "cluster.md", as_cluster_page(measured, price))


if __name__ == "__main__":
    typer.run(main)
