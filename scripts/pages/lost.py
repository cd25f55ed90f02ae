"""A lost character in the name of a place: 華?市 → 華鎣市.

Old encodings lack rare characters, and a page that went through one shows ``?``, ``□`` or
U+FFFD in their place. The name is looked up in the table of divisions.
"""

import csv
import re
from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import NamedTuple

from scripts.components.tokenizer import simplify
from scripts.pages.document import Script
from scripts.pages.glyphs import HAN
from scripts.pages.script import script_of, traditional

DIVISIONS = Path(__file__).parents[1] / "components/data/divisions.csv"
_LOST = re.compile(f"(?<=[{HAN}])[?□\ufffd](?=[{HAN}])")


class Division(NamedTuple):
    """A row of the table: GB/T 2260 code, Simplified name, level, code of the parent."""

    code: str
    name: str
    level: str
    parent: str


def read_divisions(path: Path) -> list[Division]:
    """Rows of the table at `path` (CSV with the header code,name,level,parent)."""
    with path.open(encoding="utf-8", newline="") as file:
        return [
            Division(row["code"], row["name"], row["level"], row["parent"])
            for row in csv.DictReader(file)
        ]


def repair_lost(text: str, names: Iterable[Division]) -> str:
    """`text` with the lost characters of place names restored, in its own script, length kept.

    A name fits when all its other characters stand around the lost one, at least two of them,
    its last one (市, 县 …) among them. Where several fit, those whose parents the text names
    most often win; without a single winner the character stays lost. A name that was found
    once is repaired in its short form too (華?率先).
    """
    if not _LOST.search(text):
        return text
    rows = {row.code: row for row in names}
    index = defaultdict(set)
    for row in rows.values():
        for at in range(len(row.name) - 1 if len(row.name) >= 3 else 0):
            index[row.name[:at], row.name[at + 1 :]].add(row)
    lengths = {len(before) + len(after) + 1 for before, after in index}
    simplified = simplify(text)
    script = script_of(text)
    counted = cache(simplified.count)
    restored = list(text)
    short: dict[str, str] = {}
    for lost in _LOST.finditer(simplified):
        here = lost.start()
        fits = {
            (row.name, at): sum(counted(parent) for parent in _parents(row, rows))
            for length in lengths
            for at in range(min(length - 1, here + 1))
            for row in index.get(
                (simplified[here - at : here], simplified[here + 1 : here + length - at]), ()
            )
        }
        best = [fit for fit, weight in fits.items() if weight == max(fits.values())]
        if len(best) != 1:
            continue
        name, at = best[0]
        restored[here] = _in_script(name, script)[at]
        if len(name) == 3:
            short[name[:at] + lost[0] + name[at + 1 : -1]] = restored[here]
    for name, char in short.items():
        for lost in _LOST.finditer(simplified):
            at = lost.start() - name.index(lost[0]) if lost[0] in name else -1
            if at >= 0 and simplified.startswith(name, at):
                restored[lost.start()] = char
    return "".join(restored)


def _parents(row: Division, rows: dict[str, Division]) -> list[str]:
    """What the divisions above `row` are called in a text: 广安 for 广安市."""
    parent = rows.get(row.parent)
    return [parent.name[:2], *_parents(parent, rows)] if parent else []


def _in_script(name: str, script: Script) -> str:
    """`name` in the script of a text."""
    if script == "simplified":
        return name
    converted = traditional(name)
    return converted if len(converted) == len(name) else name
