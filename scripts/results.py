"""Step `results`: put what was measured, and the version, into README, docs and CITATION.cff.

A figure stands between two markers, ``<!-- measured:scorecard -->`` and
``<!-- measured:end -->``; what is between them is made anew from ``docs/measured``.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from scripts.annotation.spans import LABELS
from scripts.files import write_whole
from scripts.learning.scores import table
from scripts.reporting.counting import forecast
from scripts.reporting.measured import MEASURED_BY, read_measured
from scripts.version import project_version

_BLOCK = re.compile(r"(<!-- measured:(?!end)(\S+) -->\n)(.*?)(<!-- measured:end -->)", re.DOTALL)


def _markdown(head: list[str], rows: list[list[str]]) -> str:
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    return "\n".join(lines + [f"| {' | '.join(row)} |" for row in rows]) + "\n"


def _pm(figure: dict[str, float]) -> str:
    return f"{figure['mean']:.1f} ± {figure['sd']:.1f}"


def scorecard(card: dict[str, Any]) -> str:
    """F1 of both layers and of each script, and the recall of the suggester."""
    rows = {
        "flat": card["all pages"]["flat"],
        "nested": card["all pages"]["nested"],
        **{f"flat, {s}": card[s]["flat"] for s in ("simplified", "traditional") if s in card},
    }
    recall = card["all pages"]["suggested"]["all"]["r"]
    return f"{table(rows)}\nRecall of the suggester: {_pm(recall)}.\n"


def scores(card: dict[str, Any]) -> str:
    """Precision, recall and F1 per label of both layers."""
    rows = [
        [layer, label, *(_pm(by_label[label][f]) for f in "prf"),
         f"{by_label[label]['gold']['mean']:.0f}"]
        for layer, by_label in card["all pages"].items()
        if layer != "suggested"
        for label in (*LABELS, "all")
    ]  # fmt: skip
    return _markdown(["layer", "label", "P", "R", "F1", "gold spans"], rows)


def agreement(found: dict[str, Any]) -> str:
    """How far the two passes agree."""
    exact = found["pass a and pass b"]["all"]["exact"]
    return f"The two annotation passes agree at {exact:.1f} F1 (same offsets, same label).\n"


def corpus(found: dict[str, Any]) -> str:
    """What the corpus holds."""
    rows = [
        [name, *(f"{found[key].get(label, 0):,}" for label in LABELS)]
        for key, name in (
            ("gold nested", "spans in the five pages"),
            ("written spans", "spans in the written sentences"),
            ("distinct written strings", "distinct strings of these"),
            ("read spans", "spans in the readings"),
        )
    ]
    registers, scripts = found["sentences by register"], found["sentences by script"]
    return (
        f"{_markdown(['', *LABELS], rows)}\n{found['sentences']:,} written sentences in "
        f"{len(registers)} registers, {scripts.get('traditional', 0)} of them Traditional, "
        f"{found['sentences without a span']:,} without a span. {found['sentences read']:,} raw "
        "sentences were read.\n"
    )


def robustness(found: dict[str, Any]) -> str:
    """F1 of the flat layer for each variant of the same pages."""
    return table({name: layers["flat"] for name, layers in found["variants"].items()})


def calibration(found: dict[str, Any]) -> str:
    """Expected calibration error."""
    labels = ", ".join(
        f"{label} {ece:.3f}" for label, ece in found["per_label"].items() if ece is not None
    )
    return f"Expected calibration error of `span._.confidence`: {found['ece']:.3f} ({labels}).\n"


def benchmark(found: dict[str, Any]) -> str:
    """Our wheel and its peers."""
    text = ""
    for one in found["tables"]:
        text += f"{one['texts']}: {one['characters']:,} characters; {one['machine']}.\n\n"
        rows = [
            [f"{s['name']} {s['version']}", *(f"{s['f'][k]:.1f}" for k in (*LABELS, "all")),
             f"{s['characters_per_second']:,}", f"{s['load_seconds']:.2f}", f"{s['peak_mb']:,}",
             f"{s['installed_mb']:,}"]
            for s in one["systems"]
        ]  # fmt: skip
        head = ["F1", *LABELS, "all", "characters/s", "load s", "peak MB", "installed MB"]
        text += _markdown(head, rows) + "\n"
    return text


def ablation(found: dict[str, Any]) -> str:
    """What each part is worth."""
    rows = [
        [row["name"], _pm(row["folds"]["all"]),
         _pm(row["validation"]["all"]) if row["validation"].get("all") else "–",
         f"{row['characters_per_second']:,.0f}"]
        for row in found["rows"]
    ]  # fmt: skip
    return _markdown(["", "left-out page, flat F1", "validation, flat F1", "characters/s"], rows)


def curve(found: dict[str, Any]) -> str:
    """The learning curve, with what twice the data is likely to bring."""
    rows = [
        [f"{row['share']} %", f"{row['sentences']:,}", str(row["pages"]),
         _pm(row["flat"]["all"]["f"]), _pm(row["nested"]["all"]["f"])]
        for row in found["shares"]
    ]  # fmt: skip
    text = _markdown(["share", "sentences", "pages", "flat F1", "nested F1"], rows)
    if likely := forecast(found["shares"], 200):
        text += (
            f"\nTwice the data is likely to bring the flat layer to about {likely['mean']:.1f} "
            f"({likely['low']:.1f} to {likely['high']:.1f} over the runs), if errors go on "
            "falling with a power of the amount of data.\n"
        )
    return text


# What may stand between two markers, and the file it is made from.
BLOCKS: dict[str, tuple[str, Callable[[dict[str, Any]], str]]] = {
    "scorecard": ("scorecard", scorecard),
    "scores": ("scorecard", scores),
    "agreement": ("agreement", agreement),
    "corpus": ("corpus", corpus),
    "robustness": ("robustness", robustness),
    "calibration": ("calibration", calibration),
    "benchmark": ("benchmark", benchmark),
    "ablation": ("ablation", ablation),
    "curve": ("curve", curve),
}


def filled(text: str, measured: dict[str, Any], where: str) -> str:
    """`text` with every marked block made anew; `where` names it in errors."""

    def block(match: re.Match[str]) -> str:
        if match[2] not in BLOCKS:
            known = ", ".join(BLOCKS)
            raise ValueError(f"{where}: no block {match[2]!r} in scripts/results.py; use {known}")
        source, write = BLOCKS[match[2]]
        if measured[source] is None:
            command = f"python -m spacy project run {MEASURED_BY[source]}"
            return f"{match[1]}Not measured yet: `{command}`.\n{match[4]}"
        return f"{match[1]}{write(measured[source]).rstrip()}\n{match[4]}"

    return _BLOCK.sub(block, text)


def with_version(citation: str) -> str:
    """The text of CITATION.cff with the version of pyproject.toml."""
    return re.sub(r"(?m)^version: .*$", f"version: {project_version()}", citation)


def pages_of(paths: list[Path]) -> list[Path]:
    """The Markdown files of `paths`; a folder stands for those in it."""
    return [page for path in paths for page in (sorted(path.glob("*.md")) or [path])]


def main(
    metrics: Annotated[Path, typer.Argument(help="Folder of what the workflow measured.")],
    measured: Annotated[Path, typer.Argument(help="Folder of the figures that are stated.")],
    citation: Annotated[Path, typer.Argument(help="CITATION.cff.")],
    texts: Annotated[list[Path], typer.Argument(help="Markdown files, or folders of them.")],
) -> None:
    """Keep what was measured in `measured`, and put it into the Markdown files.

    Example: python -m scripts.results training/metrics docs/measured CITATION.cff README.md docs
    """
    try:
        for name in read_measured(metrics):
            if (path := metrics / f"{name}.json").exists():
                write_whole(measured / path.name, path.read_text(encoding="utf8").strip() + "\n")
        found = read_measured(measured)
        for path in pages_of(texts):
            text = path.read_text(encoding="utf8")
            write_whole(path, filled(text, found, str(path)))
    except ValueError as error:
        typer.secho(str(error), fg="red", err=True)
        raise typer.Exit(1) from error
    write_whole(citation, with_version(citation.read_text(encoding="utf8")))


if __name__ == "__main__":
    typer.run(main)
