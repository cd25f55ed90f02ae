"""Values of spans: ``span._.quantity`` for every MONEY, POVERTY_RATE and MEASURE of a Doc.

The learned span is kept. Its text is read as NORM gives it (Simplified, half-width, without
artefacts; digits from the raw text), and the clause around it is searched for what bounds it
(不低于, 以上, 近), what it is per (人均, /亩) and whether it is a change (增加, 下降). What two
readings are left of stays None with its reason.

How intervals are read, and after whom:

- 以上, 以下, 以内, 不低于, 不超过 hold the number itself; 超过, 不足, 不满, 低于 don't (Civil
  Code of the PRC, article 1259).
- 近, 将近: below the number, without a lower bound, for no source says how near.
- 上 before a bare 百, 千, 万: reached, so from the number on (现代汉语词典).
- 约, 左右, 上下, 来, 把: the number, not exact; 来 may be less or more (吕叔湘, 现代汉语八百词).
- 余, 多: a remainder below one unit of the last place named (the same): 2000多 lies in
  (2000, 3000), 800余万 in (800万, 900万), 3.6亿多 in (3.6亿, 3.7亿); after the unit below one
  unit: 三米多 in (3, 4), 3万元多 below one 万元 more.
- 几, 数: two to nine of the place (现代汉语词典: more than one, less than ten), so 几十 is
  [20, 100), 数亿 [2亿, 10亿); after 十 a remainder: 十几 is (10, 20).
- 三四十, 十七八, 三五: from one to the other, not exact.
"""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple, cast

from spacy.errors import Errors
from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.training import Example
from spacy.util import SimpleFrozenList

from .clause import BEHIND, BRACKETS, CHANGE, bounded, changed, marks_before
from .numerals import (
    NUMERAL,
    THOUSANDS,
    Interval,
    UnclearError,
    arabic,
    interval_of,
    last_place,
    plain,
    point,
    remainder,
    scale_of,
    unit_place,
)
from .quantity import Quantity, Unit, decimal, known_units
from .tokenizer import ARTEFACT, BREAK
from .views import looked_up, with_digits

LABELS = ("MONEY", "POVERTY_RATE", "MEASURE")
MAX_LENGTH = 40  # characters of a span that can be one amount, and of a numeral's digits
WINDOW = 24  # tokens of context before a span; half as many behind it
GAP = 12  # tokens between two spans that can belong together
TABLE_WINDOW = 400  # tokens above a cell in which the head of its column is looked for
_STOP = re.compile(r"[，。；！？、,;!?\n]")
_HAN = re.compile("[一-鿿]{1,10}")
# Between the cells of a row.
_CELL = re.compile(r"\t|\||[ \u3000]{2,}")
_CURRENCIES = {
    "人民币": "元",
    "rmb": "元",
    "￥": "元",
    "¥": "元",
    "港币": "港元",
    "hk$": "港元",
    "美金": "美元",
    "us$": "美元",
    "$": "美元",
    "新台币": "新台币",
    "新台幣": "新台币",
    "台币": "新台币",
    "澳门币": "澳门元",
    "欧元": "欧元",
    "€": "欧元",
    "£": "英镑",
}
_CURRENCY = "|".join(map(re.escape, sorted(_CURRENCIES, key=len, reverse=True)))
_CURRENCY_BEFORE = re.compile(rf"({_CURRENCY})\s*\Z")
_CURRENCY_BEHIND = re.compile(rf"\s*({_CURRENCY})")
# The same marks where the span holds them.
_PREFIX = re.compile(
    rf"(?:{_CURRENCY}|不(?:超过?|低于|高于|少于|足|到)|超过?|[至最]少|[最至]多|[大]?约|将近|接近|近|逾|好(?=几)"
    r"|[上过](?=[十百千万亿])|[~≥≤<>])+"
)
_SUFFIX = re.compile(rf"(?:[及或]?[以之]上|[以之][下内]|左右|上下|{_CURRENCY})\Z")
# Between two spans: a list; a list or range; whatever leads on to the next level.
_LIST = re.compile(r"(?:[一-鿿]{0,6}、|\s*(?:和|及|与|或|以及))\s*\Z")
_LINK = re.compile(r"\s*(?:、|和|及|与|或|以及|到|至)\s*\Z")
_INTO = re.compile(r"[^，。；、,;\n]{0,8}[到至为]\s*\Z")
_RANGE = re.compile(r"[-—–~至到―─－]+")
# 一斤, 一天 beside a price; 年产, 月工资 without 每.
_ONE = "公斤|斤|亩|吨|天|个月|年|人|户|棵|株|只|头|尺|米"
_PER_ONE = re.compile(rf"(?<![第十百千万零之头有这那近某另同])一({_ONE})(?![来内共起])")
_YEARLY = (
    r"(?<![\d零一二三四五六七八九十今去全上当同前后近本明往多那该次末历生])([年月日])"
    r"(?=产|出栏|接待|(?:固定|平均|纯|净|总)?(?:收入|工资|分红)|[人户亩村]均|薪|工资|收益|利润|供水|发电|处理|加工|销售|营业|租金|可)"
)
_pieces: dict[int, str] = {}


def _piece(text: str, norm: str, blank: bool) -> str:
    """A token in the view: nothing for an artefact, a line's end for a break."""
    if norm == ARTEFACT:
        return ""
    return with_digits(text, norm) + " " * (blank and norm != BREAK)


# --- the parser


class _Amount(NamedTuple):
    """What a span alone says: a number, the form of its unit, and its scale (10000 of 85万)."""

    interval: Interval
    form: str | None
    scale: int


class _Place(NamedTuple):
    """A span in the view of its text."""

    span: Span
    label: str
    before: str
    clause: str  # the end of `before`
    text: str
    after: str
    gap: str | None  # between the span before and this one, where they are neighbours


class Parser:
    """Reads spans with the units, classifiers and nouns of a table.

    table: CSV with the columns forms, unit, dimension, factor, pint, currency, context; forms
    and context words are separated by blanks; a row without a unit holds nouns. Raises KeyError
    or ValueError where a row has another form.
    """

    def __init__(self, table: str) -> None:
        self._units: dict[str, list[Unit]] = {}
        self._nouns: dict[str, str] = {}
        for row in csv.DictReader(io.StringIO(table)):
            forms = row["forms"].split()
            if not row["unit"]:
                self._nouns |= dict.fromkeys(forms, row["dimension"])
                continue
            unit = Unit(
                row["unit"],
                row["dimension"],
                Fraction(row["factor"]) if row["factor"] else None,
                row["pint"] or None,
                row["currency"] or None,
                tuple(row["context"].split()),
            )
            for form in forms:
                self._units.setdefault(form, []).append(unit)
        for units in self._units.values():
            known_units.update({unit.pint: [unit] for unit in units if unit.pint})
        known_units.update(self._units)
        nouns = _alternation(self._nouns)
        self._noun = re.compile(nouns)
        self._noun_before = re.compile(rf"({nouns})\Z")
        per = _alternation(
            form for form, units in self._units.items() if form != "个" and not units[0].currency
        )
        self._per = re.compile(
            rf"每(?:一|个)?([半十百千万]??)({per})|([人户亩村年月日校县店生头])均|(亩)产|{_YEARLY}"
        )
        self._per_slash = re.compile(rf"\s*(?:[/·]个?({per})|(?<=人)(年|月))")
        self._per_price = re.compile(rf"\s*(?:[/每·]个?({per})|一({_ONE})|(?<=人)(年|月))")
        self._head = re.compile(rf"[(/:]\s*([十百千万亿]*)({_alternation(self._units)})\)?\s*\Z")
        self._amounts = {label: self._pattern(label) for label in LABELS}
        self._amount = lru_cache(maxsize=10_000)(self._read_amount)

    def read(self, doc: Doc) -> Iterator[tuple[Span, Quantity]]:
        """Each span of `LABELS` in ``doc.ents`` with its value, in their order."""
        places = list(_places(doc))
        previous: Quantity | None = None
        for place, draft in zip(places, self._drafts(doc, places), strict=True):
            linked = previous if place.gap is not None else None
            try:
                previous = self._value(place, draft, linked)
            except UnclearError as error:
                previous = _unknown(place.span.text, str(error))
            yield place.span, previous

    def _drafts(self, doc: Doc, places: list[_Place]) -> list[tuple[_Amount, str | None] | str]:
        """Amount and dimension by its noun for each place, or the reason why there is none.

        From the end to the beginning, for a list shares what its last member says.
        """
        drafts: list[tuple[_Amount, str | None] | str] = []
        form, scale, noun = None, 1, None
        for number in range(len(places) - 1, -1, -1):
            place = places[number]
            after = places[number + 1] if number + 1 < len(places) else None
            listed = (
                after is not None
                and after.label == place.label
                and after.gap is not None
                and _LINK.match(after.gap) is not None
            )
            if not listed:
                form, scale, noun = None, 1, None
            try:
                amount = self._amount(place.text, place.label)
                if amount.form:
                    form, scale = amount.form, amount.scale
                elif form:
                    amount = _with_scale(amount, form, scale)
                    scale = amount.scale
                elif column := self._column(doc, place):
                    amount = _Amount(_headed(amount, column[1]), column[0], column[1])
                noun = self._counted(place) or noun
                drafts.append((amount, noun))
            except UnclearError as error:
                drafts.append(str(error))
        return drafts[::-1]

    # One span by itself

    def _pattern(self, label: str) -> re.Pattern[str]:
        forms = _alternation(form for form in self._units if self._candidates(form, label))
        # 三千瓦 is 三千 瓦, 36万千瓦 is 36万 千瓦; 三千两百亩 holds no 两.
        guard = r"(?![千两])|(?<![一二三四五六七八九两几数])(?=千)|(?=两(?![十百千万亿]))"
        return re.compile(
            rf"(?P<sign>零下|负|-)?(?P<number>{NUMERAL}+?(?:、{NUMERAL}+?)?)"
            rf"(?:(?P<more>[余多来]|(?<=\A[百千万])把)(?P<times>[十百千万亿]*))?"
            rf"(?:(?:{guard})(?P<unit>{forms})(?P<rest>[余多半]|{NUMERAL}.*)?)?"
        )

    def _candidates(self, form: str, label: str) -> list[Unit]:
        wanted = {"MONEY": "money", "POVERTY_RATE": "ratio"}.get(label)
        others = ("money", "ratio", "group")
        return [
            unit
            for unit in self._units.get(form, ())
            if unit.dimension == wanted or (wanted is None and unit.dimension not in others)
        ]

    def _read_amount(self, text: str, label: str) -> _Amount:
        """What `text` says by itself; raises UnclearError where it has no single reading."""
        text = re.sub(r"\s+", "", THOUSANDS.sub(lambda m: m[0].replace(" ", ""), text))
        if len(text) > MAX_LENGTH:
            raise UnclearError("too long for one amount")
        if whole := self._single(text, label):
            return whole
        for mark in _RANGE.finditer(text, 1):
            left = self._single(text[: mark.start()], label)
            right = self._single(text[mark.end() :], label)
            if left and right:
                return self._range(left, right, label)
        raise UnclearError(f"no single number: {text}")

    def _single(self, text: str, label: str) -> _Amount | None:
        text = re.sub(r"^([百千])分之(.+)", lambda m: m[2] + "%‰"[m[1] == "千"], text)
        match = self._amounts[label].fullmatch(text)
        if not match:
            return None
        numeral = plain(match["number"])
        interval, scale = interval_of(numeral), scale_of(numeral)
        form, more, rest = match["unit"], match["more"], match["rest"]
        if more or rest:
            value = point(interval)
            if rest in ("余", "多"):
                interval = remainder(value, unit_place(numeral))
            elif rest:
                value += self._part(rest, form, label)
                interval = Interval(value, value)
            elif more in ("来", "把"):
                interval = interval._replace(exact=False)
            else:
                interval = remainder(value, last_place(numeral, value))
        if more:
            times = scale_of(match["times"])
            interval, scale = interval.scaled(times), scale * times
        if form == "成":
            form, interval = "%", interval.scaled(10)
        return _Amount(interval.negative() if match["sign"] else interval, form, scale)

    def _part(self, text: str, form: str, label: str) -> Fraction:
        """What follows a unit, in that unit: 五毛 of 三块五毛, 8 of 1米8, 半 of 三亩半."""
        if text == "半":
            return Fraction(1, 2)
        digits = arabic(text)
        if digits.isdecimal():
            return Fraction("0." + digits)
        part = self._single(text, label)
        whole = self._candidates(form, label)[0]
        for unit in self._candidates(part.form or "", label) if part else ():
            same = (unit.dimension, unit.currency) == (whole.dimension, whole.currency)
            if part and part.interval.exact and same and unit.factor and whole.factor:
                value = (part.interval.low or 0) * unit.factor / whole.factor
                if value < 1:
                    return value
        raise UnclearError(f"no single number: {text} after {form}")

    def _range(self, left: _Amount, right: _Amount, label: str) -> _Amount:
        """One interval of two amounts; what only one of them names holds for both."""
        low, high = left.interval, right.interval
        if left.form and right.form and left.form != right.form:
            ours, theirs = (self._candidates(form, label)[0] for form in (left.form, right.form))
            if ours.dimension != theirs.dimension or not ours.factor or not theirs.factor:
                raise UnclearError(f"from {left.form} to {right.form}")
            low = low.scaled(ours.factor / theirs.factor)
        elif not left.form and (left.scale == 1 or left.scale < 10**4 <= right.scale):
            low = _shared(low, high, right.scale)
        if low.low is None or high.high is None or low.low > high.high:
            raise UnclearError("a range from more to less")
        exact = low.exact and high.exact
        joined = Interval(low.low, high.high, low.closed_low, high.closed_high, exact)
        return _Amount(joined, right.form or left.form, right.scale)

    def _column(self, doc: Doc, place: _Place) -> tuple[str, int] | None:
        """Form and scale in the head of the column that a span is in: 投资(万元), 产量/吨."""
        tokens = doc[max(0, place.span.start - TABLE_WINDOW) : place.span.start]
        *above, line = "".join(
            (token.text if token.text.isspace() else token.norm_) + token.whitespace_
            for token in tokens
        ).split("\n")
        column = len(_CELL.findall(line))
        for row in reversed(above):
            cells = _CELL.split(row)
            named = re.match(r"\W*单位", row)
            cell = row if named else cells[column] if column < len(cells) > 1 else ""
            match = self._head.search(cell) if column else None
            if match and self._candidates(match[2], place.label):
                return match[2], scale_of(match[1])
        return None

    # One span in its context

    def _value(
        self, place: _Place, draft: tuple[_Amount, str | None] | str, linked: Quantity | None
    ) -> Quantity:
        """`linked`: the value of the span before, where that is a neighbour."""
        if isinstance(draft, str):
            raise UnclearError(draft)
        amount, noun = draft
        unit = self._unit(place, amount)
        marks, ungoverned, _ = marks_before(place.clause, place.text)
        basis, behind = self._basis(place)
        interval = bounded(amount.interval, marks + behind)
        if place.label == "POVERTY_RATE":  # a level, unless the verb stands right before it
            ungoverned = ungoverned[-4:]
        change = changed(ungoverned) or (amount.form or "").endswith("百分点")
        if linked and place.gap is not None:
            listed = not place.gap.strip() or _LIST.match(place.gap)
            if listed or _INTO.match(place.gap):
                basis = basis or linked.basis
                change = change or bool(listed and linked.change)
        dimension = unit.dimension if unit else "count"
        if dimension == "temperature":
            basis = ()  # 年均气温 is a mean, not a share
        low = None if interval.low is None else decimal(interval.low)
        high = low
        if interval.high is not interval.low:
            high = None if interval.high is None else decimal(interval.high)
        return Quantity(
            low,
            high,
            interval.closed_low and low is not None,
            interval.closed_high and high is not None,
            interval.exact,
            unit.name if unit else None,
            unit.pint if unit else None,
            noun or dimension if dimension == "count" else dimension,
            unit.currency if unit else None,
            basis,
            change,
            place.span.text,
        )

    def _unit(self, place: _Place, amount: _Amount) -> Unit | None:
        form = amount.form
        if form is None:
            if place.label == "POVERTY_RATE" and amount.interval.high != 0:
                raise UnclearError("a rate without a unit")
            form = {"MONEY": "元", "POVERTY_RATE": "%"}.get(place.label)
            if form is None:
                return None
        units = self._candidates(form, place.label)
        if any(unit.context for unit in units):
            near = place.clause + " " + _STOP.split(place.after)[0]
            units = [
                unit
                for unit in units
                if not unit.context or any(word in near for word in unit.context)
            ]
        if len(units) != 1:
            raise UnclearError(f"which unit {form} is")
        sign = _CURRENCY_BEFORE.search(place.before) or _CURRENCY_BEHIND.match(place.after)
        if sign and units[0].name == "元":
            return self._units[_CURRENCIES[sign[1]]][0]
        return units[0]

    def _counted(self, place: _Place) -> str | None:
        """Dimension of the noun that follows, or that the count stands behind."""
        clause = place.clause
        if place.before.endswith(")"):  # 工委(县直机关工委、两新工委)2个
            clause = _STOP.split(BRACKETS.sub("", place.before))[-1]
        _, ungoverned, bare = marks_before(clause, place.text)
        change = CHANGE.search(ungoverned)
        noun = self._noun_before.search(ungoverned[: change.start()] if change else bare)
        if change and not noun:
            noun = self._noun_before.search(ungoverned)
        run = _HAN.match(place.after)
        after = self._noun.search(run[0]) if run else None
        if after and not (noun and after.start()):
            kinds = set()
            while after:
                kinds.add(self._nouns[after[0]])
                after = self._noun.match(after.string, after.end())
            return kinds.pop() if len(kinds) == 1 else None
        return self._nouns[noun[1]] if noun else None

    def _basis(self, place: _Place) -> tuple[tuple[str, ...], list[str]]:
        """What the amount is per, and the marks behind it, which may follow that (/亩以上)."""
        price = place.label == "MONEY"
        found = [*self._per.finditer(place.clause)]
        if price:
            found += _PER_ONE.finditer(place.clause)
        names = [
            self._name("".join(filter(None, match.groups())))
            for match in sorted(found, key=lambda match: match.start())
        ]
        at = 0
        slash = self._per_price if price else self._per_slash
        while match := slash.match(place.after, at):
            names.append(self._name("".join(filter(None, match.groups()))))
            at = match.end()
        behind = BEHIND.match(place.after, at)
        marks = [behind.lastgroup] if behind and behind.lastgroup else []
        return tuple(dict.fromkeys(names)), marks

    def _name(self, form: str) -> str:
        """Canonical name of a unit, its scale in front: 天 of 日, 百户 of 百户."""
        if form in self._units:
            return self._units[form][0].name
        return form[0] + self._units[form[1:]][0].name


def _unknown(text: str, reason: str) -> Quantity:
    return Quantity(
        low=None,
        high=None,
        closed_low=False,
        closed_high=False,
        exact=False,
        unit=None,
        pint=None,
        dimension=None,
        currency=None,
        basis=(),
        change=False,
        text=text,
        reason=reason,
    )


def _alternation(words: Iterable[str]) -> str:
    return "|".join(map(re.escape, sorted(set(words), key=lambda word: (-len(word), word))))


def _shared(low: Interval, high: Interval, scale: int) -> Interval:
    """The lower end of a range whose upper end has a scale: 500至800万, but 8000至1.2万."""
    if low.low is None or high.high is None:
        return low
    fits = low.low * scale <= high.high
    if (scale == 10 and fits) or (not fits and low.low * 1000 < high.high):
        raise UnclearError("the scale of the lower end")
    return low.scaled(scale) if fits else low


def _with_scale(amount: _Amount, form: str, scale: int) -> _Amount:
    """A member of a list with the unit of its last one, and its scale: 3、5、8万元."""
    if scale < 10**4 or amount.scale >= 10**4:
        return amount._replace(form=form)
    high = amount.interval.high or Fraction(0)
    if high >= scale:
        return amount._replace(form=form)
    if high >= 1000:
        raise UnclearError("whether it shares the scale of its list")
    return _Amount(amount.interval.scaled(scale), form, scale)


def _headed(amount: _Amount, scale: int) -> Interval:
    if scale > 1 and amount.scale >= 10**4:
        raise UnclearError("a scale in the cell and in the head of its column")
    return amount.interval.scaled(scale)


def _places(doc: Doc) -> Iterator[_Place]:
    spans = [span for span in doc.ents if span.label_ in LABELS]
    pieces = looked_up(doc, _pieces, _piece) if spans else []
    end = -WINDOW  # of the span before
    for span in spans:
        start = max(end, span.start - WINDOW, 0)
        left = "".join(pieces[start : span.start])
        gap = left if start == end and span.start - end <= GAP else None
        text = "".join(pieces[span.start : span.end]).replace("\n", "").strip()
        end = span.end
        after = "".join(pieces[end : end + WINDOW // 2])
        if prefix := _PREFIX.match(text):
            left, text = left + prefix[0], text[prefix.end() :]
        if suffix := _SUFFIX.search(text):
            text, after = text[: suffix.start()], suffix[0] + after
        yield _Place(span, span.label_, left, _STOP.split(left)[-1], text, after, gap)


# --- the component


def _get(span: Span) -> Quantity | None:
    data = cast(dict[object, Any], span.doc.user_data).get(_key(span))
    return None if data is None else Quantity.from_json(data)


def _set(span: Span, quantity: Quantity | None) -> None:
    # Plain data under the key of spaCy's own span extensions: Doc.to_bytes can write it, and
    # Span.as_doc and Doc.from_docs move it.
    user_data = cast(dict[object, Any], span.doc.user_data)
    user_data[_key(span)] = None if quantity is None else quantity.to_json()


def _key(span: Span) -> tuple[str, str, int, int]:
    return "._.", "quantity", span.start_char, span.end_char


class Quantities:
    """Sets ``span._.quantity`` for the spans of `LABELS` in ``doc.ents``.

    The value belongs to the offsets, so the same span in ``doc.spans`` has it too. The table of
    units is what `initialize` reads; it is stored with the component.
    """

    def __init__(self, name: str = "quantities") -> None:
        self.name = name
        self._table = ""
        self._parser: Parser | None = None

    def __call__(self, doc: Doc) -> Doc:
        """Set the values; ValueError (E109) before `initialize` or loading."""
        if self._parser is None:
            raise ValueError(Errors.E109.format(name=self.name))
        for span, quantity in self._parser.read(doc):
            _set(span, quantity)
        return doc

    def initialize(
        self,
        get_examples: Callable[[], Iterable[Example]],
        *,
        nlp: Language | None = None,
        units: Path,
    ) -> None:
        """Read the table of units (see `Parser`), a CSV file in UTF-8."""
        self._load(Path(units).read_text(encoding="utf8"))

    def to_bytes(self, *, exclude: Iterable[str] = SimpleFrozenList()) -> bytes:
        """The table."""
        return self._table.encode()

    def from_bytes(
        self, data: bytes, *, exclude: Iterable[str] = SimpleFrozenList()
    ) -> "Quantities":
        """Load the table from what `to_bytes` gave."""
        return self._load(data.decode())

    def to_disk(self, path: str | Path, *, exclude: Iterable[str] = SimpleFrozenList()) -> None:
        """Write the table as units.csv into the folder `path`."""
        folder = Path(path)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "units.csv").write_text(self._table, encoding="utf8", newline="")

    def from_disk(
        self, path: str | Path, *, exclude: Iterable[str] = SimpleFrozenList()
    ) -> "Quantities":
        """Load the table that `to_disk` wrote."""
        return self._load((Path(path) / "units.csv").read_bytes().decode())

    def __reduce__(self) -> tuple[Callable[[str, str], "Quantities"], tuple[str, str]]:
        """A copy or a new process reads the table again."""
        return _restored, (self.name, self._table)

    def _load(self, table: str) -> "Quantities":
        self._table = table
        self._parser = Parser(table) if table else None
        return self


def _restored(name: str, table: str) -> Quantities:
    return Quantities(name)._load(table)


def create_quantities(nlp: Language, name: str) -> Quantities:
    """Factory for ``quantities``; takes no settings."""
    return Quantities(name)


# The repository's module and the installed wheel's can meet in one process: the first one stays
# (a second factory of that name is spaCy's error E004).
if not Language.has_factory("quantities"):
    Language.factory(
        "quantities", assigns=["span._.quantity"], requires=["doc.ents"], func=create_quantities
    )
    Span.set_extension("quantity", getter=_get, setter=_set)
