"""Facts of a page: one row for each value, with its place, its time and what it measures.

``doc._.facts`` is a list of `Fact`, one for each MONEY, POVERTY_RATE and MEASURE of ``doc.ents``.
Rules read the sentence in its NORM view (Simplified, half-width, without artefacts):

- Indicator: the noun that the value counts stands behind it (9户农民), or before it (路灯65盏).
  The table of indicators gives noun, verb and kind of value a name (`poverty_rate`,
  `households_out_of_poverty`, `investment` …); where no row fits, the noun itself stands.
- Place: the nearest administrative place before the value up to the next semicolon, or the one
  that 全镇, 该村 point back to; else one behind the value in its clause; else the page's topic at
  that point, the place named most, of late and at the head of sentences.
- Time: the nearest expression of time before the value whose clause holds a value itself or
  nothing else (截至目前，); else one in the value's own clause behind it; else the page's date.
  Written as in EDTF (ISO 8601-2): 2014, 2014-12 (年底), 2016-12-13, 2015/2017, 2015/.. (以来).
- Confidence: the product of the shares of right answers that each way of finding indicator,
  place and time reached on values read by hand (`CONFIDENCE`), less where it is a plan, and of
  ``span._.confidence``, where the pipeline gives one.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spacy.errors import Errors
from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.training import Example
from spacy.util import SimpleFrozenList

from .indicators import Context, Indicators
from .times import page_date, times_in
from .topics import Mention, Topic, mentions_of
from .views import Sentence, View, sentence_cuts

LABELS = ("MONEY", "POVERTY_RATE", "MEASURE")
# Share of right answers on the values read by hand, by the way of finding them; what was never
# wrong there counts as less than 1.
CONFIDENCE = {
    "table": 0.98, "behind": 0.85, "before": 0.86, "nothing": 0.2,
    "sentence": 0.86, "level": 0.98, "topic": 0.95, "nowhere": 0.6,
    "clause": 0.97, "carried": 0.95, "page": 0.95, "never": 0.95,
}  # fmt: skip
PLANNED = 0.7


@dataclass(frozen=True)
class Fact:
    """A value with what the page says about it.

    document: ``doc.user_data["document"]``, if it is set. start, end: half-open code-point offsets
    into the Doc's text; sentence_start: where `sentence` begins in it. place_code: GB/T 2260, as
    ``span._.place`` has it (None for a village; within: the code of the division that it lies
    in). place: its name. time: EDTF. indicator: a name of the table, or the noun as the page has
    it (Simplified). value: ``span._.quantity``. confidence: 0 to 1; span_confidence: the part of
    it that says how likely the span itself is right, None where the pipeline doesn't say. model:
    name and version of the pipeline.
    """

    document: str | None
    start: int
    end: int
    text: str
    label: str
    sentence: str
    sentence_start: int
    place_code: str | None
    place: str | None
    within: str | None
    time: str | None
    indicator: str | None
    value: Any
    confidence: float
    span_confidence: float | None
    model: str

    def to_row(self) -> dict[str, Any]:
        """Flat data for a table, with the value's own fields; its bounds are floats."""
        row = {name: getattr(self, name) for name in self.__dataclass_fields__}
        value = row.pop("value")
        row |= {name: getattr(value, name, None) for name in VALUE_COLUMNS}
        for end in ("low", "high"):
            row[end] = None if row[end] is None else float(row[end])
        return row | {"basis": "/".join(row["basis"] or ()) or None}


VALUE_COLUMNS = (
    "low", "high", "closed_low", "closed_high", "exact", "unit", "pint", "dimension",
    "currency", "basis", "change", "reason",
)  # fmt: skip


# --- one page

_CLAUSE = re.compile("[,;。!?]")
_SEGMENT = re.compile("[;。!?]")
_BACK = re.compile("[全该本]([县市区州省镇乡村旗])")
_SIZE = re.compile("(?:长|宽|高|深|厚|占地|面积|全长|总长|占地面积|建筑面积)\\Z")
_PLAN = re.compile("计划|拟|力争|目标|预计|预期|将[达建新投实到]|要求|确保到|如期")
_SIDE_BY_SIDE = re.compile("[、和]?")
_LONE_YEAR = re.compile(r"((?:19|20)\d\d)年")
_ALONE = re.compile("[到自从以来,至]*")  # what a clause that is only a time may hold besides
_REST = 60  # characters behind a value that say what it measures
_OWNED = re.compile(r".{0,40}?的(?=[一-鿿])")


class _Reader:
    """Reads one Doc."""

    def __init__(self, doc: Doc, indicators: Indicators, model: str) -> None:
        self._doc = doc
        self._indicators = indicators
        self._model = model
        ents = doc.ents
        self._spans = [ent for ent in ents if ent.label_ in LABELS]
        self._names = [ent for ent in ents if ent.label_ in ("ORG", "LOC")]

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """The stored form of each fact, in the order of the page."""
        doc, spans = self._doc, self._spans
        if not spans:
            return
        view = View(doc)
        page = page_date(view.text)
        years = [(match.start(), match[1]) for match in _LONE_YEAR.finditer(view.text)]
        cuts = sentence_cuts(doc)
        mentions = mentions_of(doc, self._names, view, cuts)
        firsts = [mention.first for mention in mentions]
        topic = Topic(mentions)
        at = 0
        while at < len(spans):
            number = bisect_right(cuts, spans[at].start) - 1
            start, end = cuts[number], cuts[number + 1]
            until = at
            while until < len(spans) and spans[until].start < end:
                until += 1
            named = bisect_left(years, (doc[start].idx, ""))
            reader = _SentenceReader(
                view.sentence(number, start, end),
                spans[at:until],
                mentions[bisect_left(firsts, start) : bisect_left(firsts, end)],
                topic,
                page,
                years[named - 1][1] if named else None,
                self._indicators,
            )
            last = doc[end - 1]
            bounds = doc[start].idx, last.idx + len(last)
            for span, row in zip(spans[at:until], reader.rows(), strict=True):
                yield span.start_char, span.end_char, span.label_, *bounds, *row, self._model
            at = until


class _SentenceReader:
    """Reads the values of one sentence; offsets are those of its view."""

    def __init__(
        self,
        sentence: Sentence,
        spans: list[Span],
        mentions: list[Mention],
        topic: Topic,
        page: str | None,
        latest: str | None,
        indicators: Indicators,
    ) -> None:
        self._indicators = indicators
        self._topic = topic
        self._page = page
        self._number = sentence.number
        self._view = sentence.view
        self._spans = spans
        self._at = [sentence.offsets(span.start, span.end) for span in spans]
        self._mentions = [
            (*sentence.offsets(mention.first, mention.end), mention) for mention in mentions
        ]
        self._times = times_in(sentence.view, page, latest)
        self._back = list(_BACK.finditer(sentence.view))
        self._clauses = [match.start() for match in _CLAUSE.finditer(sentence.view)]
        self._segments = [match.start() for match in _SEGMENT.finditer(sentence.view)]
        # Nouns are looked for where no time and no place stands.
        masked = list(sentence.view)
        for start, end in (
            *((time.start, time.end) for time in self._times),
            *((start, end) for start, end, _ in self._mentions),
            *(match.span() for match in self._back),
        ):
            masked[start:end] = " " * (end - start)
        self._masked = "".join(masked)

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """Place (code, name, within), time, indicator and confidence of each value."""
        previous: Context | None = None
        for number, span in enumerate(self._spans):
            context = self._context(number)
            value = span._.quantity
            indicator, way = self._indicators.name(span.label_, value, context)
            if indicator is None and previous and not context.before.strip(" ,"):
                carried = previous._replace(after=context.after)
                indicator, way = self._indicators.name(span.label_, value, carried)
            else:
                previous = context
            place, found = self._place(number)
            time, told = self._time(number, indicator or "")
            confidence = CONFIDENCE[way] * CONFIDENCE[found] * CONFIDENCE[told]
            start, end = self._at[number]
            if _PLAN.search(self._view, _last(self._clauses, start), end):
                confidence *= PLANNED
            yield *place, time, indicator, round(confidence, 3)

    def _context(self, number: int) -> Context:
        first, last = self._side_by_side(number)
        start, end = self._at[first][0], self._at[last][1]
        clause = _last(self._clauses, start)
        head = max(clause, self._at[first - 1][1] if first else 0)
        before = self._masked[head:start]
        stop = _next(self._clauses, end, len(self._view))
        until = min(stop, self._at[last + 1][0] if last + 1 < len(self._at) else stop)
        after = self._masked[end:until]
        noun, way = self._indicators.noun_behind(after), "behind"
        if not noun:
            noun, way = self._indicators.noun_before(before), "before"
            if _SIZE.search(noun) and (owner := _OWNED.match(self._masked, end)):
                noun = self._indicators.noun_behind(self._masked[owner.end() :]) or noun
        rest, left = "", end
        for start, beyond in [*self._at[last + 1 :], (stop, stop)]:
            if left >= stop or len(rest) >= _REST:
                break
            rest, left = rest + self._masked[left:start], beyond
        return Context(before, rest[:_REST], noun, way if noun else "nothing")

    def _side_by_side(self, number: int) -> tuple[int, int]:
        """First and last of the values that stand side by side with this one."""
        first, last = number, number
        while first and _SIDE_BY_SIDE.fullmatch(self._between(first - 1)):
            first -= 1
        while last + 1 < len(self._at) and _SIDE_BY_SIDE.fullmatch(self._between(last)):
            last += 1
        return first, last

    def _between(self, number: int) -> str:
        """What stands between a value and the next one."""
        return self._view[self._at[number][1] : self._at[number + 1][0]]

    def _place(self, number: int) -> tuple[tuple[str | None, str | None, str | None], str]:
        start, end = self._at[number]
        segment = _last(self._segments, start)
        before = [m for m in self._mentions if segment <= m[0] and m[1] <= start]
        back = [match for match in self._back if segment <= match.start() and match.end() <= start]
        found, way = None, "sentence"
        if back and (not before or before[-1][0] < back[-1].start()):
            level, way = back[-1][1], "level"
            ends = tuple("村庄屯寨" if level == "村" else level)
            here = [m for _, stop, m in self._mentions if stop <= start and m.name.endswith(ends)]
            found = here[-1] if here else self._topic.at(self._number, level)
            topic = self._topic.at(self._number)
            if not found and topic and topic.place:  # 全县 after a town of the county
                for code, name in reversed(topic.place.parents):
                    if name.endswith(ends):
                        return (code, name, None), way
        elif before:
            owners = [
                m for _, stop, m in before if not m.aside and "等" not in self._view[stop:start]
            ]
            found = owners[-1] if owners else None
            for mention in owners[:-1]:
                if found and mention.lies_in(found):
                    found = mention
            listed = [m for _, _, m in before if m.aside]
            if not found and listed:
                if apiece := self._apiece(number, listed):
                    found = apiece
                elif above := _above(listed):
                    return above, "sentence"
        else:
            stop = _next(self._clauses, end, len(self._view))
            behind = [m for m in self._mentions if end <= m[0] and m[1] <= stop]
            found = behind[0][2] if behind and not behind[0][2].aside else None
        if not found:
            found, way = self._topic.at(self._number), "topic"
        if not found:
            return (None, None, None), "nowhere"
        place = found.place
        return (place and place.code, found.name, place and place.within), way

    def _apiece(self, number: int, listed: list[Mention]) -> Mention | None:
        """The place of a value in 甲县、乙县贫困率分别为3%、2%, where there are as many of both."""
        first, last = self._side_by_side(number)
        clause = self._view[_last(self._clauses, self._at[first][0]) : self._at[first][0]]
        if "分别" in clause and len(listed) == last - first + 1 > 1:
            return listed[number - first]
        return None

    def _time(self, number: int, indicator: str) -> tuple[str | None, str]:
        start, end = self._at[number]
        clause, stop = _last(self._clauses, start), _next(self._clauses, end, len(self._view))
        for time in reversed(self._times):
            if time.end > start:
                continue
            if time.start >= clause:
                return time.value, "clause"
            first = _last(self._clauses, time.start)
            last = _next(self._clauses, time.end, len(self._view))
            rest = self._view[first : time.start] + self._view[time.end : last]
            holds = any(time.end <= a and b <= last for a, b in self._at)
            same = _last(self._segments, start) <= time.start
            if _ALONE.fullmatch(rest) or (holds and same):
                return time.value, "carried"
        for time in self._times:
            values = any(time.end <= a < stop for a, _ in self._at)
            if end <= time.start < stop and not values:
                return time.value, "clause"
            # 返贫12户，2014年底共有贫困户84户: what led there happened in that year.
            flow = indicator.endswith(("out_of_poverty", "back_in_poverty"))
            if flow and end <= time.start and time.value:
                return time.value[:4], "carried"
        return (self._page, "page") if self._page else (None, "never")


def _above(mentions: list[Mention]) -> tuple[str | None, str | None, str | None] | None:
    """The smallest division that several places lie in, as (code, name, within)."""
    lines = [mention.place.parents if mention.place else () for mention in mentions]
    shared = [level for level in lines[0] if all(level in line for line in lines)]
    if len(lines) < 2 or not shared:
        return None
    return *shared[-1], None


def _last(stops: list[int], at: int) -> int:
    """Offset behind the last stop before `at`."""
    number = bisect_left(stops, at)
    return stops[number - 1] + 1 if number else 0


def _next(stops: list[int], at: int, end: int) -> int:
    """Offset of the first stop from `at` on."""
    number = bisect_left(stops, at)
    return stops[number] if number < len(stops) else end


# --- the component


def read_facts(doc: Doc) -> list[Fact]:
    """The facts that the component found, empty before it ran.

    The Doc holds plain tuples, which survive serialisation (there tuples become lists). Raises
    ValueError if the text is not the one the facts were read from.
    """
    facts = []
    calibrated = Span.has_extension("confidence")
    document = doc.user_data.get("document")
    text = doc.text
    for row in doc.user_data.get("facts") or ():
        start, end, label, first, last, code, place, within, time, indicator, confidence, model = (
            row
        )
        span = doc.char_span(start, end)
        if span is None:
            raise ValueError(f"no tokens at the fact [{start}:{end}]; the Doc has been cut")
        sure = span._.confidence if calibrated else None
        if sure is not None:
            confidence = round(confidence * sure, 3)
        facts.append(
            Fact(
                document, start, end, text[start:end], label, text[first:last], first,
                code, place, within, time, indicator, span._.quantity, confidence, sure, model,
            )
        )  # fmt: skip
    return facts


class Facts:
    """Pipeline component that sets ``doc._.facts``; see the module's docstring.

    Runs after ``quantities`` and ``places``. The table of indicators is what `initialize` reads;
    it is stored with the component.
    """

    def __init__(self, name: str = "facts", model: str = "") -> None:
        self.name = name
        self.model = model
        self._table = ""
        self._indicators: Indicators | None = None

    def __call__(self, doc: Doc) -> Doc:
        """Set the facts of one Doc; ValueError (E109) before `initialize` or loading."""
        if self._indicators is None:
            raise ValueError(Errors.E109.format(name=self.name))
        doc.user_data["facts"] = list(_Reader(doc, self._indicators, self.model).rows())
        return doc

    def initialize(
        self,
        get_examples: Callable[[], Iterable[Example]],
        *,
        nlp: Language | None = None,
        indicators: Path,
    ) -> None:
        """Read the table of indicators (see `Indicators`), a CSV file in UTF-8."""
        self._load(Path(indicators).read_text(encoding="utf8"))

    def to_bytes(self, *, exclude: Iterable[str] = SimpleFrozenList()) -> bytes:
        """The table."""
        return self._table.encode()

    def from_bytes(self, data: bytes, *, exclude: Iterable[str] = SimpleFrozenList()) -> "Facts":
        """Load the table from what `to_bytes` gave."""
        return self._load(data.decode())

    def to_disk(self, path: str | Path, *, exclude: Iterable[str] = SimpleFrozenList()) -> None:
        """Write the table as indicators.csv into the folder `path`."""
        folder = Path(path)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "indicators.csv").write_bytes(self._table.encode())

    def from_disk(
        self, path: str | Path, *, exclude: Iterable[str] = SimpleFrozenList()
    ) -> "Facts":
        """Load the table that `to_disk` wrote."""
        return self._load((Path(path) / "indicators.csv").read_bytes().decode())

    def _load(self, table: str) -> "Facts":
        self._table = table
        self._indicators = Indicators(table) if table else None
        return self


def create_facts(nlp: Language, name: str) -> Facts:
    """Factory for ``facts``; takes no settings."""
    meta = nlp.meta
    return Facts(name, f"{meta['lang']}_{meta['name']} {meta['version']}")


# The repository's module and the installed wheel's can meet in one process: the first one stays
# (a second factory of that name is spaCy's error E004).
if not Language.has_factory("facts"):
    Language.factory("facts", assigns=["doc._.facts"], requires=["doc.ents"], func=create_facts)
    Doc.set_extension("facts", getter=read_facts)
