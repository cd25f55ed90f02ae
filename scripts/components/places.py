"""Codes of places: each LOC gets its division of the People's Republic where the page leaves one.

The table (made by ``scripts/divisions.py``) is given once, at initialize, and travels compressed
inside the model. ``span._.place`` is a `Place` for every LOC of ``doc.ents`` and
``doc.spans["sc"]``, None for any other span.

How a name is read
- Candidates: divisions whose full name it is (the word for the level is part of it, so 朝阳区 is
  never 朝阳市); else whose short name it is; else whose former name it is. A bare 广安 is the
  prefecture, not the district in it; a province or its capital wins (吉林, 西安). A character
  that the page lost (华?市) fits any.
- Chain: of names side by side (秦安县五营镇), the candidates that lie one in the other stay.
- Page: what is settled supports what is not. A candidate gets, from each settled place, the
  points of the smallest division that both share (`POINTS`), four times in the same sentence,
  twice from a title. Its score is its share of its own and its strongest rival's points; 0.75
  settles it. Repeated until nothing new is settled, so a county helps what stands before it, too.
- A name of one reading is settled without support, but for those that are often something else
  (`_needs_support`): then something in the division above must be settled on the page.
- A village, or a township that the table lacks, gets `within`: the division in front of it, or
  the only one that its paragraph names, or the only county of the page.

Everything else has the code None and a reason; nothing is guessed.
"""

import csv
import re
import zlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy
from opencc import OpenCC
from spacy.attrs import NORM
from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.training import Example

from .tokenizer import ARTEFACT, BREAK
from .views import CLOSERS, ENDS

# What two places share, from the smallest division that both lie in. A municipality has no
# prefectures and counts as one.
POINTS = {"province": 1.0, "prefecture": 3.0, "county": 9.0, "township": 27.0}
MUNICIPALITIES = ("11", "12", "31", "50")
SETTLES = 0.75
LISTED = 10  # candidates that a Place lists at most: 城关镇 has a hundred

COLUMNS = ("code", "name", "level", "parent", "short", "former")
# Words for a level, those of the autonomous ones apart: their short forms stand in the table.
_WORDS = (
    "省", "市", "地区", "州", "盟", "县", "区", "新区", "林区", "特区", "矿区", "旗",
    "镇", "乡", "街道", "苏木",
)  # fmt: skip
_LEVEL = re.compile(rf"(?:自治[州县旗]|{'|'.join(_WORDS)})\Z")
_VILLAGE = re.compile(r"(?<=.)(?:自然村|行政村|村|社区|居委会|嘎查|[屯庄寨组队])\Z")
_TOWNSHIP = re.compile(r"(?<=..)(?:镇|乡|街道|苏木)\Z")
_NATURE = tuple("江河湖海山岭")
_LOST = re.compile("[?□\ufffd]")


class Place(NamedTuple):
    """What a LOC names.

    code: GB/T 2260 (six digits); for a township its county's code, a slash and its name, since none
    of the table's sources holds the nine-digit codes. None where unknown or ambiguous.
    name: the canonical name, or the span's own text (Simplified, repaired of page artefacts).
    level: province, prefecture, county, township, village, or None where unknown.
    parents: (code, name) of the divisions above, the province first.
    candidates: (code, name, score) where more than one reading is left or one is too weak to be
    asserted, the best first, ten at most; scores go from 0 (no support) to 1 (no rival).
    within: code of the division that a village, or a township that the table lacks, lies in; it
    is then also the last of `parents`.
    reason: what decided, or why nothing is asserted.
    """

    code: str | None
    name: str
    level: str | None = None
    parents: tuple[tuple[str, str], ...] = ()
    candidates: tuple[tuple[str, str, float], ...] = ()
    within: str | None = None
    reason: str = ""


class Division(NamedTuple):
    """A division in use.

    lineage: the codes from its province down to itself; points: what sharing each of them adds.
    """

    code: str
    name: str
    level: str
    lineage: tuple[str, ...]
    points: tuple[float, ...]


class Table:
    """Divisions by code and by name; `data` is the csv of ``scripts/divisions.py`` in UTF-8.

    A name is looked up as the table has it and as OpenCC would (乾县 → 干县), since that is what a
    token's NORM may be. Short forms that only lack the word for the level are not stored.
    Raises ValueError for a table without its columns or with an unknown parent.
    """

    def __init__(self, data: bytes) -> None:
        self.data = data
        header, *lines = data.decode("utf8").splitlines() or [""]
        if tuple(next(csv.reader([header]))) != COLUMNS:
            raise ValueError(
                f"the table of divisions lacks a column of {', '.join(COLUMNS)}; "
                "make it with scripts.divisions"
            )
        self.years: dict[tuple[str, str], str] = {}
        # Codes of a name are a string with blanks, and rows are lines: the garbage collector
        # looks at neither, so the table loads twice as fast in a big process.
        self._lines: dict[str, str] = {}
        self._full: dict[str, str] = {}
        self._short: dict[str, str] = {}
        self._former: dict[str, str] = {}
        self._divisions: dict[str, Division] = {}
        names, parents = [], set()
        for line, row in zip(lines, csv.reader(lines), strict=True):
            code, name, level, parent, short, former = row
            self._lines[code] = line
            names.append(name)
            parents.add(parent)
            _add(self._full, name, code)
            for bare in short.split():
                for form in (bare,) if level == "province" else (bare, bare + name[-1]):
                    _add(self._short, form, code)
            for entry in former.split():
                old, _, years = entry.partition(":")
                _add(self._former, old, code)
                self.years[old, code] = years
        if unknown := parents - self._lines.keys() - {""}:
            raise ValueError(f"the table of divisions has no row for parents: {sorted(unknown)}")
        views = OpenCC("t2s").convert("\n".join(names)).split("\n")
        for code, name, view in zip(self._lines, names, views, strict=True):
            if view != name:
                _add(self._full, view, code)
        self._names = "\n".join(["", *self._full, ""])

    def division(self, code: str) -> Division:
        """The division of a code in the table; raises KeyError."""
        if code not in self._divisions:
            ((_, name, level, parent, *_),) = csv.reader([self._lines[code]])
            above = self.division(parent) if parent else None
            municipality = level == "province" and code.startswith(MUNICIPALITIES)
            points = POINTS["prefecture" if municipality else level]
            lineage, steps = (above.lineage, above.points) if above else ((), ())
            self._divisions[code] = Division(
                code, name, level, (*lineage, code), (*steps, points - sum(steps))
            )
        return self._divisions[code]

    def find(self, name: str) -> tuple[list[Division], str]:
        """Candidates for a name and what of theirs it is: full, short, former or damaged name."""
        for kind, codes in self._ways(name):
            if codes:
                return [self.division(code) for code in dict.fromkeys(codes)], kind
        return [], ""

    def _ways(self, name: str) -> Iterator[tuple[str, list[str]]]:
        """What a name may be of a division, the likeliest first, with the codes of such ones."""
        yield "full", self._full.get(name, "").split()
        yield "short", [*self._short.get(name, "").split(), *self._bare(name, self._full)]
        yield "former", [*self._former.get(name, "").split(), *self._bare(name, self._former)]
        yield "damaged", self._damaged(name)

    def _bare(self, name: str, index: dict[str, str]) -> Iterator[str]:
        """Codes of the divisions whose name is this one and a word for their level."""
        # 黄村 is not 黄村镇, 开发区 not 开发区街道.
        township = not name.endswith(("省", "市", "县", "区", "旗", "镇", "乡", "村"))
        if len(name) > 1:
            for longer in map(name.__add__, _WORDS):
                if longer in index:
                    for code in index[longer].split():
                        if township or "/" not in code:
                            yield code

    def _damaged(self, name: str) -> list[str]:
        """Codes of the divisions that the name fits with any character for each lost one."""
        left = _LOST.sub("", name)
        if left == name or not _LEVEL.sub("", left):
            return []
        pattern = "".join("." if _LOST.match(char) else re.escape(char) for char in name)
        for words in ("", f"(?:{'|'.join(_WORDS)})"):
            # The line's beginning and the first character are searched for as one string.
            fits = re.findall(rf"\n({pattern}{words})(?=\n)", self._names)
            if fits:
                return [code for fit in fits for code in self._full[fit].split()]
        return []


def _add(index: dict[str, str], name: str, code: str) -> None:
    index[name] = f"{index[name]} {code}" if name in index else code


@dataclass(eq=False)
class _Mention:
    """A LOC of the page. Offsets: tokens; `sentence` and `paragraph` are running numbers."""

    start: int
    end: int
    text: str
    kind: str
    candidates: list[Division]
    sentence: int
    paragraph: int
    title: bool
    front: "_Mention | None" = None
    chained: bool = False
    place: Division | None = None
    within: Division | None = None
    level: str | None = None
    readings: list[tuple[Division, float]] = field(default_factory=list)
    reason: str = "not in the table"

    @property
    def known(self) -> Division | None:
        """The division that the mention is or lies in, as far as settled."""
        return self.place or self.within


def _mentions(doc: Doc, table: Table) -> list[_Mention]:
    """The LOCs of both layers in the order of the page, the longer first."""
    spans = {(s.start, s.end) for s in doc.ents if s.label_ == "LOC"}
    if "sc" in doc.spans:
        spans |= {(s.start, s.end) for s in doc.spans["sc"] if s.label_ == "LOC"}
    if not spans:
        return []
    strings = doc.vocab.strings
    norms = doc.to_array([NORM]).reshape(-1)
    numbers = norms.tolist()
    unseen = {strings.add(ARTEFACT), strings.add(BREAK)}
    breaks = norms == strings.add(BREAK)
    hidden = breaks | (norms == strings.add(ARTEFACT))
    ends = numpy.isin(norms, [strings.add(char) for char in ENDS])
    closed = ends | numpy.isin(norms, [strings.add(char) for char in CLOSERS])
    sentences = numpy.cumsum(ends)
    # A line break in the middle of a sentence is a wrap, not the end of a paragraph.
    paragraphs = numpy.cumsum(breaks & numpy.roll(closed, 1))
    lines = numpy.cumsum(breaks)
    running = ends | (norms == strings.add(","))
    title = numpy.bincount(lines, weights=running)[lines] == 0
    visible = numpy.cumsum(~hidden)
    mentions: list[_Mention] = []
    ended: dict[int, _Mention] = {}
    found: dict[str, tuple[list[Division], str]] = {}
    for start, end in sorted(spans, key=lambda at: (at[0], -at[1])):
        text = "".join(strings[norm] for norm in numbers[start:end] if norm not in unseen)
        if text not in found:
            found[text] = table.find(text)
        candidates, kind = found[text]
        where = int(sentences[start]), int(paragraphs[start]), bool(title[start])
        mention = _Mention(start, end, text, kind, candidates, *where)
        mention.front = ended.get(int(visible[start]) - int(not hidden[start]))
        ended[int(visible[end - 1])] = mention
        mentions.append(mention)
    return mentions


def _chain(mentions: list[_Mention]) -> None:
    """Of neighbours in a chain, keep the candidates that lie one in the other."""
    for ordered in (mentions, mentions[::-1]):
        for mention in ordered:
            if mention.front is None:
                continue
            codes = {d.code for d in mention.front.candidates}
            inner = [d for d in mention.candidates if not codes.isdisjoint(d.lineage[:-1])]
            if inner:
                above = {code for d in inner for code in d.lineage[:-1]}
                mention.candidates = inner
                mention.front.candidates = [d for d in mention.front.candidates if d.code in above]
                mention.chained = mention.front.chained = True


def _readings(mention: _Mention) -> list[Division]:
    """The candidates that count: for a short or damaged name the widest."""
    if mention.kind in ("full", "former"):
        return mention.candidates
    # 海南 is the province, not the prefecture; 西安 the capital, not a district elsewhere. GB/T
    # 2260 gives a province's capital the first number.
    for end in ("0000", "0100"):
        known = [d for d in mention.candidates if d.code.endswith(end)]
        if known and mention.kind == "short" and len(mention.text) > 1:
            return known
    codes = {d.code for d in mention.candidates}
    return [d for d in mention.candidates if codes.isdisjoint(d.lineage[:-1])]


def _needs_support(mention: _Mention, division: Division) -> bool:
    """Whether this reading is asserted only where the division above it is named on the page.

    Damaged names; what is often a village, a river or a mountain: short names of townships and
    districts, and those that end in 江, 河, 湖, 海, 山, 岭.
    """
    if mention.chained or division.level == "province":
        return False
    if mention.kind in ("full", "former") and _LEVEL.search(mention.text):
        return False
    return (
        mention.kind == "damaged"
        or division.level == "township"
        or (division.name.endswith("区") and not _LEVEL.search(mention.text))
        or mention.text.endswith(_NATURE)
    )


@dataclass
class _Support:
    """How often the page, and each sentence, names something settled at or below a code."""

    page: Counter[str] = field(default_factory=Counter)
    near: dict[int, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))

    def add(self, mention: _Mention, place: Division) -> None:
        """Count a settled mention: twice in a title, four times in its own sentence."""
        weight = 2 if mention.title else 1
        for code in place.lineage:
            self.page[code] += weight
            self.near[mention.sentence][code] += 4 - weight

    def points(self, mention: _Mention, division: Division) -> float:
        """Points of a candidate of the mention; see the module's docstring."""
        if not self.page[division.lineage[0]]:  # most of the hundred 城关镇
            return 0.0
        near = self.near.get(mention.sentence, Counter())
        return sum(
            (self.page[code] + near[code]) * points
            for code, points in zip(division.lineage, division.points, strict=True)
        )


def _ranked(points: list[tuple[Division, float]]) -> list[tuple[Division, float]]:
    """Readings with their scores: points over those of the reading and its strongest rival."""
    ordered = sorted(points, key=lambda reading: (-reading[1], reading[0].code))
    first = ordered[0][1]
    second = ordered[1][1] if len(ordered) > 1 else 0.0
    rivals = [second, *[first] * (len(ordered) - 1)]
    return [
        (d, own / (own + rival) if own else 0.0)
        for (d, own), rival in zip(ordered, rivals, strict=True)
    ]


def _decide(mention: _Mention, support: _Support, texts: set[str]) -> Division | None:
    """The reading that the page leaves, or None; sets `readings` and `reason` of the mention."""
    page = support.page
    front = mention.front.place if mention.front else None
    options = [
        d
        for d in mention.candidates
        # A bare 大营 is a township only where its county is settled.
        if not (mention.kind in ("short", "damaged") and d.level == "township")
        or page[d.lineage[-2]]
    ]
    if mention.kind != "short" and front:
        # 交城县会立镇, where the table has a 会立镇 elsewhere only.
        wider = [d for d in options if POINTS[front.level] < POINTS[d.level]]
        options = [d for d in options if d not in wider or front.code in d.lineage]
    if not options:
        mention.readings = []
        return None
    ranked = _ranked([(d, support.points(mention, d)) for d in options])
    mention.readings = ranked
    best, score = ranked[0]
    if len(options) > 1 and score < SETTLES:
        mention.reason = "ambiguous"
    elif _needs_support(mention, best) and not page[best.lineage[-2]]:
        mention.reason = f"nothing else of {best.lineage[-2]} is on the page"
    elif mention.kind == "full" and best.level == "township" and page and not page[best.lineage[0]]:
        mention.reason = f"nothing else of {best.lineage[0]} is on the page"
    elif mention.kind == "short" and best.level == "township" and mention.text + "村" in texts:
        mention.reason = "the township or the village of this name"
    else:
        alone = "chain" if mention.chained else f"{mention.kind} name"
        mention.reason = alone if len(options) == 1 else "page"
        return best
    return None


def _settle(mentions: list[_Mention]) -> None:
    """Settle the mentions that have one reading, and what they support, until nothing changes."""
    texts = {mention.text for mention in mentions}
    support = _Support()
    # The name of a township alone is the weakest evidence: what else is there comes first.
    for levels in (("province", "prefecture", "county"), tuple(POINTS)):
        while True:
            new = [
                (mention, place)
                for mention in mentions
                if mention.candidates
                and not mention.place
                and (place := _decide(mention, support, texts))
                and place.level in levels
            ]
            if not new:
                break
            for mention, place in new:
                mention.place = place
            for mention, place in new:
                support.add(mention, place)


def _county(division: Division) -> str | None:
    """Code of the county that a division is or lies in; None above counties."""
    return division.code[:6] if division.level in ("county", "township") else None


def _lie(mentions: list[_Mention], table: Table) -> None:
    """Find the division that each village, and each township that the table lacks, lies in."""
    texts = {mention.text for mention in mentions}
    unknown: list[_Mention] = []
    for mention in mentions:
        if mention.place or mention.readings:
            continue
        if _TOWNSHIP.search(mention.text):
            mention.level = "township"
        elif _VILLAGE.search(mention.text) or mention.text + "村" in texts:
            mention.level = "village"
        else:
            continue
        unknown.append(mention)
        known = mention.front and mention.front.known
        if known and not (mention.level == known.level == "township"):
            mention.within, mention.reason = known, "chain"
    _agree(unknown)
    paragraphs: dict[int, set[Division]] = defaultdict(set)
    for mention in mentions:
        if mention.known:
            paragraphs[mention.paragraph].add(mention.known)
    page = {county for ds in paragraphs.values() for d in ds if (county := _county(d))}
    for mention in unknown:
        townships = [d for d in paragraphs[mention.paragraph] if d.level == "township"]
        if mention.level == "village" and len(townships) == 1:
            within = mention.within
            if not within or within.code in townships[0].lineage:
                mention.within = townships[0]
                mention.reason = "chain" if within == townships[0] else "the paragraph's township"
    _agree(unknown)
    for mention in unknown:
        if not mention.within:
            near = {c for d in paragraphs[mention.paragraph] if (c := _county(d))} or page
            if len(near) == 1:
                mention.within = table.division(next(iter(near)))
                mention.reason = "the only county near"


def _agree(mentions: list[_Mention]) -> None:
    """Give what is known of a village to its other mentions (徐洼 is 徐洼村) where they agree."""
    found: dict[str, dict[Division, str]] = defaultdict(dict)
    for mention in mentions:
        if mention.within:
            found[mention.text.removesuffix("村")][mention.within] = mention.reason
    for mention in mentions:
        if reasons := found.get(mention.text.removesuffix("村")):
            deepest = max(reasons, key=lambda d: len(d.lineage))
            if all(d.code in deepest.lineage for d in reasons):
                mention.within, mention.reason = deepest, reasons[deepest]


def _named(codes: Iterable[str], table: Table) -> tuple[tuple[str, str], ...]:
    return tuple((code, table.division(code).name) for code in codes)


def _result(mention: _Mention, table: Table) -> Place:
    """What stands in the Doc for a mention."""
    readings = [(d.code, d.name, round(score, 3)) for d, score in mention.readings[:LISTED]]
    if place := mention.place:
        former = table.years.get((mention.text, place.code), "")
        return Place(
            place.code,
            place.name,
            place.level,
            _named(place.lineage[:-1], table),
            (),
            None,
            f"{mention.reason}, {former}" if former else mention.reason,
        )
    within = mention.within
    return Place(
        None,
        mention.text,
        mention.level,
        _named(within.lineage, table) if within else (),
        tuple(readings),
        within.code if within else None,
        mention.reason,
    )


class Places:
    """Pipeline component that sets ``span._.place`` of every LOC; see the module's docstring."""

    def __init__(self) -> None:
        self.table: Table | None = None

    def initialize(
        self,
        get_examples: Callable[[], Iterable[Example]],
        *,
        nlp: Language | None = None,
        table: Path,
    ) -> None:
        """Read the table of divisions (`[initialize.components.places] table = path`).

        Raises ValueError, OSError where the table can't be read.
        """
        self.table = Table(Path(table).read_bytes())

    def __call__(self, doc: Doc) -> Doc:
        """Set the places of one Doc; raises ValueError before a table was given."""
        if self.table is None:
            raise ValueError("places has no table; give one in [initialize.components.places]")
        mentions = _mentions(doc, self.table)
        _chain(mentions)
        for mention in mentions:
            mention.candidates = _readings(mention)
        _settle(mentions)
        _lie(mentions, self.table)
        for mention in mentions:
            key = _key(doc[mention.start : mention.end])
            doc.user_data[key] = tuple(_result(mention, self.table))
        return doc

    def to_bytes(self, *, exclude: Iterable[str] = ()) -> bytes:
        """The table, compressed; empty without one."""
        return zlib.compress(self.table.data, 9) if self.table else b""

    def from_bytes(self, data: bytes, *, exclude: Iterable[str] = ()) -> "Places":
        """Take the table from what `to_bytes` gave."""
        self.table = Table(zlib.decompress(data)) if data else None
        return self

    def to_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> None:
        """Write the compressed table to the file `path`."""
        Path(path).write_bytes(self.to_bytes())

    def from_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> "Places":
        """Read what `to_disk` wrote."""
        return self.from_bytes(Path(path).read_bytes())


def _key(span: Span) -> str:
    return f"place:{span.start_char}:{span.end_char}"


def read_place(span: Span) -> Place | None:
    """The Place of a span at the same characters as a LOC that the component saw, else None.

    The Doc holds plain tuples, which survive serialisation (there tuples become lists).
    """
    row = span.doc.user_data.get(_key(span))
    if row is None:
        return None
    code, name, level, parents, candidates, within, reason = row
    return Place(
        code, name, level,
        tuple((above, title) for above, title in parents),
        tuple((other, title, score) for other, title, score in candidates),
        within, reason,
    )  # fmt: skip


# The repository and an installed wheel may both bring this code: the first one wins (spaCy's
# E004 would refuse the second).
if not Span.has_extension("place"):
    Span.set_extension("place", getter=read_place)
if not Language.has_factory("places"):

    @Language.factory("places", assigns=["span._.place"], requires=["doc.ents"])
    def create_places(nlp: Language, name: str) -> Places:
        """Factory of the component; takes no settings, its table comes with initialize."""
        return Places()
