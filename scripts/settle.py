"""Settle the annotation passes into the gold corpus.

Spans that every pass has are gold. A span that only some have, and any correction of spans
that all have, needs its line in ``settled.jsonl``: page, start, end, label, keep, reason.
"""

import json
from pathlib import Path
from typing import Annotated

import typer

from scripts.annotation.gold import GoldSpan, write_gold
from scripts.annotation.passes import read_pass
from scripts.annotation.spans import Span, problems
from scripts.pages.decode import decode


def settle(
    raw: str, passes: dict[str, list[Span]], decisions: dict[Span, tuple[bool, str]]
) -> tuple[list[GoldSpan], list[str]]:
    """Gold spans of one page, and what still has to be decided or mended, in plain words."""
    found: dict[Span, tuple[str, ...]] = {}
    for name, spans in sorted(passes.items()):
        for span in spans:
            found[span] = (*found.get(span, ()), name)
    gold, open_points = [], []
    for span in sorted(found.keys() | decisions.keys(), key=lambda s: (s.start, -s.end)):
        by = found.get(span, ())
        text = raw[span.start : span.end]
        keep, reason = decisions.get(span, (len(by) == len(passes), None))
        if reason is None and not keep:
            open_points.append(
                f"{span.label} {span.start}:{span.end} {text!r} only in pass {', '.join(by)}; "
                "decide it in settled.jsonl"
            )
        if keep:
            gold.append(GoldSpan(span.start, span.end, span.label, text, by, reason))
    open_points += problems(raw, (span.span for span in gold))
    return gold, open_points


def main(
    seeds: Annotated[Path, typer.Argument(help="Folder of the raw pages.")],
    passes: Annotated[Path, typer.Argument(help="Folder with one sub-folder per pass.")],
    gold: Annotated[Path, typer.Argument(help="Folder for the gold corpus, one file per page.")],
) -> None:
    """Settle the annotation passes into the gold corpus; stop at what nobody has decided."""
    names = sorted(path.name for path in passes.iterdir() if path.is_dir())
    decisions: dict[str, dict[Span, tuple[bool, str]]] = {}
    for line in (passes / "settled.jsonl").read_text(encoding="utf8").splitlines():
        row = json.loads(line)
        span = Span(row["start"], row["end"], row["label"])
        decisions.setdefault(row["page"], {})[span] = (row["keep"], row["reason"])
    results, failed = {}, False
    for path in sorted((passes / names[0]).glob("*.txt")):
        raw, _ = decode((seeds / path.name).read_bytes())
        marked = {name: read_pass(passes / name / path.name, raw) for name in names}
        results[path.stem], open_points = settle(raw, marked, decisions.get(path.stem, {}))
        for point in open_points:
            typer.secho(f"{path.stem}: {point}", fg="red", err=True)
            failed = True
    if failed:
        raise typer.Exit(1)
    gold.mkdir(parents=True, exist_ok=True)
    for page, spans in results.items():
        write_gold(gold / f"{page}.jsonl", spans)
        typer.echo(f"{page}: {len(spans)} spans")


if __name__ == "__main__":
    typer.run(main)
