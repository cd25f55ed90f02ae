"""Values of spans: ``span._.quantity`` for every MONEY, POVERTY_RATE and MEASURE of a Doc.

The learned span is kept; its text is parsed in its Simplified, half-width view, and the clause
around it is searched for what bounds it (不低于, 以上, 近), what it is per (人均, /亩) and whether
it is a change (增加, 下降). What two readings are left of stays None with its reason.

How intervals are read, and after whom:

- 以上, 以下, 以内, 不低于, 不超过 hold the number itself; 超过, 不足, 不满, 低于 don't (Civil Code of
  the PRC, article 1259).
- 近, 将近: below the number, without a lower bound, for no source says how near.
- 上 before a bare 百, 千, 万: reached, so from the number on (现代汉语词典).
- 约, 左右, 上下, 来, 把: the number, not exact; 来 may be less or more (吕叔湘, 现代汉语八百词).
- 余, 多: a remainder below one unit of the last place named (the same): 2000多 lies in
  (2000, 3000), 800余万 in (800万, 900万), 3.6亿多 in (3.6亿, 3.7亿); after the unit below one
  unit: 三米多 in (3, 4), 3万元多 below one 万元.
- 几, 数: two to nine of the place (现代汉语词典: more than one, less than ten), so 几十 is
  [20, 100), 数亿 [2亿, 10亿); after 十 a remainder: 十几 is (10, 20).
- 三四十, 十七八, 三五: from one to the other, not exact.
"""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields, replace
from decimal import Context, Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from opencc import OpenCC
from spacy.errors import Errors
from spacy.language import Language
from spacy.pipeline import Pipe
from spacy.tokens import Doc, Span
from spacy.training import Example
from spacy.util import SimpleFrozenList

LABELS = ("MONEY", "POVERTY_RATE", "MEASURE")
MAX_LENGTH = 60  # characters of a span; a longer one is no amount
WINDOW = 40  # characters of context on either side
_PRECISION = Context(prec=50)
_ROUNDED = Context(prec=28)
# NORM of a token that the page adds to its text (see the tokenizer).
_ARTEFACTS = ("\u2060", "\n")


class Unit(NamedTuple):
    """One row of the table; `factor` is its size in the base unit of its dimension."""

    name: str
    dimension: str
    factor: Fraction | None
    pint: str | None
    currency: str | None
    context: tuple[str, ...]


# Unit by form and by pint name, as the table last loaded has them: what `Quantity.to` knows.
_known: dict[str, list[Unit]] = {}


@dataclass(frozen=True)
class Quantity:
    """The value of a span: an interval of exact decimals in one unit.

    low, high: in `unit`; None is no bound on that side, both None is unknown, with `reason`.
    closed_low, closed_high: whether the bound itself belongs to it (False where there is none).
    exact: False for 约, 余, 几, 近 and their like.
    unit: canonical Chinese name, None for a bare count; pint: its name in pint, if it has one.
    dimension: money, ratio, length, area, volume, mass, energy, power, apparent_power, voltage,
    temperature, angle, time; persons, households, animals, plants, items, events; count where
    the thing counted is not known. currency: ISO 4217.
    basis: what it is per, canonical units in the order of the text (人, 年; 百户).
    change: True for an increase or a decrease, False for a level.
    """

    low: Decimal | None
    high: Decimal | None
    closed_low: bool
    closed_high: bool
    exact: bool
    unit: str | None
    pint: str | None
    dimension: str | None
    currency: str | None
    basis: tuple[str, ...]
    change: bool
    text: str
    reason: str | None = None

    def to(self, unit: str) -> "Quantity":
        """The same quantity in `unit` (公顷, hectare, 万元), to 28 significant digits.

        Raises ValueError where `unit` is unknown or of another dimension or currency.
        """
        scale, target = _named(unit, self)
        factor = self._factor()
        if target.factor is None or factor is None:
            raise ValueError(f"{self.unit} has no fixed size in {unit}")
        ratio = factor / target.factor / scale
        low, high = (None if n is None else _times(n, ratio) for n in (self.low, self.high))
        name, pint = (unit, None) if scale != 1 else (target.name, target.pint)
        return replace(self, low=low, high=high, unit=name, pint=pint)

    def __lt__(self, other: "Quantity") -> bool:
        """Whether all of this lies below all of `other`; ValueError if they don't compare."""
        return self._below(other, touch=False)

    def __le__(self, other: "Quantity") -> bool:
        """Whether no part of this lies above any part of `other`; ValueError as above."""
        return self._below(other, touch=True)

    def to_json(self) -> dict[str, Any]:
        """Plain data for `json.dumps`; decimals are strings, so that they stay exact."""
        data = {field.name: getattr(self, field.name) for field in fields(self)}
        low, high = (None if n is None else format(n, "f") for n in (self.low, self.high))
        return data | {"low": low, "high": high, "basis": list(self.basis)}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Quantity":
        """What `to_json` wrote; TypeError for other keys."""
        low, high = (None if data[k] is None else Decimal(data[k]) for k in ("low", "high"))
        return cls(**data | {"low": low, "high": high, "basis": tuple(data["basis"])})

    def _factor(self) -> Fraction | None:
        if self.unit is None:
            raise ValueError(f"{self.text!r} has no unit")
        scale, unit = _named(self.unit, self)
        return None if unit.factor is None else unit.factor * scale

    def _below(self, other: "Quantity", touch: bool) -> bool:
        if self._kind() != other._kind():
            raise ValueError(f"{self.text!r} and {other.text!r} measure different things")
        if self.high is None or other.low is None:
            return False
        mine, theirs = Fraction(self.high), Fraction(other.low)
        if self.unit != other.unit:
            sizes = self._factor(), other._factor()
            if sizes[0] is None or sizes[1] is None:
                raise ValueError(f"{self.unit} and {other.unit} have no common size")
            mine, theirs = mine * sizes[0], theirs * sizes[1]
        apart = not (self.closed_high and other.closed_low)
        return mine < theirs or (mine == theirs and (touch or apart))

    def _kind(self) -> tuple[object, ...]:
        return self.dimension, self.currency, self.basis, self.change


def _named(name: str, like: Quantity) -> tuple[int, Unit]:
    """Scale and unit of 万元, 元, hectare …, of the dimension and currency of `like`."""
    for form, scale in [(name, 1)] + [(name[1:], s) for c, s in _SCALES.items() if name[:1] == c]:
        for unit in _known.get(form, ()):
            if (unit.dimension, unit.currency) == (like.dimension, like.currency):
                return scale, unit
    money = f" in {like.currency}" if like.currency else ""
    raise ValueError(f"{name!r} is no known unit of {like.dimension}{money}")


def _times(number: Decimal, ratio: Fraction) -> Decimal:
    product = Fraction(number) * ratio
    return _plain(_ROUNDED.divide(Decimal(product.numerator), Decimal(product.denominator)))


def _plain(number: Decimal) -> Decimal:
    """Without trailing zeros and without an exponent: 35000, not 3.5E+4 or 35000.0."""
    return Decimal(format(_PRECISION.normalize(number), "f")) + 0


# --- numerals

_FINANCIAL = str.maketrans("壹贰叁参肆伍陆柒捌玖拾佰仟两〇○", "一二三三四五六七八九十百千二零零")
_DIGITS = {char: value for value, char in enumerate("零一二三四五六七八九")}
_SCALES = {"十": 10, "百": 100, "千": 1000, "万": 10**4, "亿": 10**8}
_NUMERAL = r"[\d.,零〇○一二三四五六七八九两俩仨十百千万亿半几数点廿卅壹贰叁参肆伍陆柒捌玖拾佰仟]"
_TOKEN = re.compile(r"\d+(?:\.\d+)?|[零一二三四五六七八九十百千万亿]")
_POINT = re.compile(r"([零一二三四五六七八九十百千]+|\d+)点([零一二三四五六七八九]+|\d+)")
_THOUSANDS = re.compile(r"(?<![\d.])(\d{1,3}(?:,\d{3})+)(?!\d)")
# Two digits side by side that name a range: 三四(十), 十七八, 三五(百), 三、四(十).
_PAIR = re.compile(
    r"(?<![零一二三四五六七八九])([一二三四五六七八])、?([二三四五六七八九])"
    r"(?![零一二三四五六七八九])"
)
_VAGUE = re.compile(r"(?<![零一二三四五六七八九\d])(?:[百千万][十百千](?!\d)|[百千万]八[十百千])")


class _Ambiguous(ValueError):
    """A text with no reading, or more than one; its message is the reason."""


class _Interval(NamedTuple):
    low: Decimal | None
    high: Decimal | None
    closed_low: bool = True
    closed_high: bool = True
    exact: bool = True

    def scaled(self, factor: Decimal | Fraction | int) -> "_Interval":
        def times(number: Decimal | None) -> Decimal | None:
            return None if number is None else _times(number, Fraction(factor))

        return self._replace(low=times(self.low), high=times(self.high))


def _cardinal(text: str) -> Decimal:
    """Value of one plain numeral: 3500, 三千五百, 25万6千, 两千六 (2600), 二〇〇."""
    tokens = _TOKEN.findall(text)
    if "".join(tokens) != text or not tokens:
        raise _Ambiguous(f"no numeral: {text}")
    if len(tokens) > 1 and all(token in _DIGITS for token in tokens):
        if len(tokens) == 2 and "零" not in tokens:
            raise _Ambiguous(f"neither a number nor a range: {text}")
        return Decimal("".join(str(_DIGITS[token]) for token in tokens))
    total = section = Decimal(0)
    current: Decimal | None = None
    last, largest, zero, small = 1, 0, False, 10**4
    for token in tokens:
        if token in _SCALES:
            scale = _SCALES[token]
            if scale < 10**4:
                if scale >= small:
                    raise _Ambiguous(f"scales out of order: {text}")
                section += (1 if current is None else current) * scale
                small = scale
            else:
                section += current or 0
                if largest and scale > largest:
                    total, section = (total + section) * scale, Decimal(0)
                else:
                    if not section and last == 1:
                        section = Decimal(1)
                    total, section = total + section * scale, Decimal(0)
                small, largest = 10**4, scale
            current, last, zero = None, scale, False
        elif token == "零":
            if current is not None:
                raise _Ambiguous(f"digits out of order: {text}")
            zero = True
        elif current is not None:
            raise _Ambiguous(f"digits out of order: {text}")
        else:
            current = Decimal(_DIGITS[token]) if token in _DIGITS else Decimal(token)
    if current is not None and last >= 100 and not zero and current < 10 and current % 1 == 0:
        current *= last // 10  # 两千六 is 2600, 三万五 is 35000
    return total + section + (current or 0)


def _place(text: str, value: Decimal) -> Decimal:
    """Size of the last place that a numeral names: 2000 → 1000, 3.6亿 → 0.1亿, 25万6千 → 1000."""
    digits = _PRECISION.normalize(value).as_tuple()
    fraction = re.search(r"\.(\d+)([十百千万亿]*)\Z", text)
    if not fraction:
        return Decimal(1).scaleb(int(digits.exponent)) if value else Decimal(1)
    scale = 1
    for char in fraction[2]:
        scale *= _SCALES[char]
    return Decimal(scale).scaleb(-len(fraction[1]))


def _number(text: str) -> _Interval:
    """Interval of a numeral with its vagueness inside: 几十, 数亿, 三四十, 十几, 半, 25万6千.

    Raises _Ambiguous for what has no single reading.
    """
    text = _THOUSANDS.sub(lambda m: m[1].replace(",", ""), text).translate(_FINANCIAL)
    for old, new in ("廿", "二十"), ("卅", "三十"), ("俩", "二"), ("仨", "三"):
        text = text.replace(old, new)
    text = _POINT.sub(lambda m: f"{_cardinal(m[1])}.{_digits(m[2])}", text)
    if text == "半":
        return _Interval(Decimal("0.5"), Decimal("0.5"))
    if _VAGUE.search(text):
        raise _Ambiguous(f"vague numeral: {text}")
    vague = re.search("[几数]", text)
    if vague:
        head, tail = text[: vague.start()], text[vague.end() :]
        if tail.strip("十百千万亿") or (head and head[-1] not in "十百千万亿"):
            raise _Ambiguous(f"vague numeral: {text}")
        if head:
            low = _cardinal(head + tail) if not tail else _cardinal(head) * _cardinal("一" + tail)
            size = _cardinal("一" + tail) * _SCALES[head[-1]]
            return _Interval(low, low + size, False, False, False)
        place = _cardinal("一" + tail)
        return _Interval(2 * place, 10 * place, True, False, False)
    pair = _PAIR.search(text)
    if pair and (int(_DIGITS[pair[2]]) - int(_DIGITS[pair[1]]) == 1 or pair[0] in ("三五",)):
        low, high = (_cardinal(text[: pair.start()] + d + text[pair.end() :]) for d in pair.groups())
        return _Interval(low, high, exact=False)
    value = _cardinal(text)
    return _Interval(value, value)


def _digits(text: str) -> str:
    return "".join(str(_DIGITS.get(char, char)) for char in text)


# --- the text around a span

_SPACE = r"[ \t\u3000]*"
_MARKS: tuple[tuple[str, str], ...] = (
    ("max", r"不得?超过?了?|不(?:得|能|应|可)?(?:高于|大于|多于)|不会超过|最多|至多|顶多|≤|≦"),
    ("min", r"不(?:得|能|应|可)?(?:低于|少于|小于)|不下于?|至少|最少|起码|≥|≧"),
    ("below", r"不足|不到|不满|未满|未达|低于|少于|小于|不及|<"),
    ("above", r"超过|(?<![赶反])超|逾|突破|高于|多于|大于|>"),
    ("near", r"将近|接近|逼近|几近|(?<![最附靠临远新亲邻])近"),
    ("about", r"大约|约|大概|大致|差不多|估计|大体|~"),
    ("reach", r"(?<![以马网山路街身地线早晚会村天坡])上(?=\Z)"),
    ("pass", r"(?<![经通])过(?=\Z)"),
)
_BEFORE = [(name, re.compile(rf"(?:{marks})\Z")) for name, marks in _MARKS]
# What may stand between a mark and its number.
_FILLER = re.compile(
    r"(?:[有为占达合计需是了要均各仅只还已又再可能将也在共到至]|需要|达到|总计|合计|稳定"
    r"|每(?:人|户|亩|村|年|月|天|头|只|吨)|[人户亩村]均"
    rf"|{_SPACE}(?<=\s))\Z"
)
_LOOSE = re.compile(r"(至少|最少|起码|最多|至多|顶多)[一-鿿]{1,4}\Z")
_BEHIND = (
    ("min", re.compile(rf"{_SPACE}(?:[(][^)]{{1,3}}[)])?[及或]?(?:以上|之上)")),
    ("max", re.compile(rf"{_SPACE}(?:[(][^)]{{1,3}}[)])?[及或]?(?:以下|以内|之内|之下)")),
    ("about", re.compile(rf"{_SPACE}(?:左右|上下)")),
    ("above", re.compile(rf"{_SPACE}开外")),
    ("some", re.compile(rf"{_SPACE}出头")),
    ("below", re.compile(rf"{_SPACE}不到")),
)
_STOP = re.compile(r"[，。；！？,;!?\n、]")
_CURRENCIES = {
    "人民币": "元", "rmb": "元", "cny": "元", "￥": "元", "¥": "元", "港币": "港元",
    "hk$": "港元", "us$": "美元", "usd": "美元", "$": "美元", "美金": "美元", "美元": "美元",
    "新台币": "新台币", "台币": "新台币", "新台幣": "新台币", "澳门币": "澳门元", "欧元": "欧元",
    "€": "欧元", "£": "英镑",
}  # fmt: skip
_CURRENCY = "|".join(map(re.escape, sorted(_CURRENCIES, key=len, reverse=True)))
_CURRENCY_BEFORE = re.compile(rf"({_CURRENCY}){_SPACE}\Z")
_CURRENCY_BEHIND = re.compile(rf"{_SPACE}(人民币|港币)")
_TO = r"到|至|为"
_CHANGE = re.compile(
    r"(增加|增长|减少|下降|降低|提高|提升|上升|上涨|上浮|上调|下调|下跌|缩减|压减|压缩|削减|减轻|增产|增收"
    r"|减产|减收|扩大|扩增|净增|净减|降价|涨价|高出|多出|超出|少收|多收|增幅|降幅|涨幅|跌幅|增量|增加额"
    rf"|(?<!新)(?<!倍)[增减涨跌降](?=了?\Z)|[少多](?=了\Z))(?!值|{_TO})(?P<object>[^到至]{{0,10}})\Z"
)
_CHANGED_NOUN = ("增幅", "降幅", "涨幅", "跌幅", "增量", "增加额")
_LEVEL_OBJECT = re.compile("[达为是有共]|用于|建成|发放|带动|安排|筹集|争取|覆盖|惠及|实现")
_FROM = re.compile(r"(?:由|从|自)[^由从]{0,12}\Z")
_LINK = re.compile(r"\s*(?:、|和|及|与|或|以及|，|,|到|至|-|—)\s*\Z")
_LIST = re.compile(r"\s*(?:、|和|及|与|或|以及)\s*\Z")
_INTO = re.compile(rf"[^，。；,;\n]{{0,8}}(?:{_TO})(?:了)?\s*\Z")
_RANGE = re.compile(r"[-—–~至到―─－]+")
_AFFIX_BEFORE = re.compile(
    rf"(?:{_CURRENCY}|\s+|" + "|".join(m for _, m in _MARKS[:6]) + r"|近|上|过(?=[百千万亿])|好(?=几))+"
)
_AFFIX_BEHIND = re.compile(r"(?:[及或]?以上|以下|以内|左右|上下|人民币|钱)\Z")


@cache
def _opencc() -> OpenCC:
    return OpenCC("t2s")


_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}


def view(text: str) -> str:
    """The Simplified, half-width, lower-case form in which everything here is read."""
    return str(_opencc().convert(text)).translate(_WIDTH).lower()


# --- the parser


class _Amount(NamedTuple):
    """One number with its unit, before anything around it is known."""

    interval: _Interval
    form: str | None  # as written
    scale: int  # of the number's own last scale word, 1 if it has none


class Reading(NamedTuple):
    """What a span's neighbours take over from it."""

    quantity: Quantity
    form: str | None
    scale: int


class Parser:
    """Reads amounts with the units, classifiers and nouns of a table (`units.csv`)."""

    def __init__(self, table: str) -> None:
        self.units: dict[str, list[Unit]] = {}
        self.nouns: dict[str, str] = {}
        for row in csv.DictReader(io.StringIO(table)):
            forms = row["forms"].split()
            if not row["unit"]:
                self.nouns |= dict.fromkeys(forms, row["dimension"])
                continue
            factor = Fraction(row["factor"]) if row["factor"] else None
            unit = Unit(
                row["unit"],
                row["dimension"],
                factor,
                row["pint"] or None,
                row["currency"] or None,
                tuple(row["context"].split()),
            )
            for form in forms:
                self.units.setdefault(form, []).append(unit)
            if unit.pint and unit not in self.units.get(unit.pint, ()):
                self.units.setdefault(unit.pint, []).append(unit)
        _known.update(self.units)
        self._amounts = {label: self._amount_pattern(label) for label in LABELS}
        forms = _alternation(f for f, units in self.units.items() if units[0].dimension != "money")
        self._basis = re.compile(rf"[每一](?:个)?([十百千万]?)({forms})|([人户亩村年月日头校县店生])均"
                                 rf"|(亩)产|(?<=[月日])薪")
        self._behind = re.compile(rf"{_SPACE}(?:[/每一·](?:个)?)({forms})")
        nouns = _alternation(self.nouns)
        self._noun = re.compile(nouns)
        self._noun_before = re.compile(rf"(?:{nouns})\Z")

    def _amount_pattern(self, label: str) -> re.Pattern[str]:
        forms = _alternation(form for form in self.units if self._candidates(form, label))
        unit = rf"(?:(?<![一二三四五六七八九两几数])(?=千)|(?!千))(?:{forms})"
        return re.compile(
            rf"(?P<sign>零下|负|-)?(?P<number>{_NUMERAL}+?|{_NUMERAL}+、{_NUMERAL}+?)\s*"
            rf"(?:(?P<more>[余多来把])\s*(?P<scale>[十百千万亿]*))?\s*"
            rf"(?:(?P<unit>{unit})(?P<rest>[余多]|(?:{_NUMERAL}+)(?:{forms}|))?(?:整)?)?"
        )

    def _candidates(self, form: str, label: str) -> list[Unit]:
        wanted = {"MONEY": "money", "POVERTY_RATE": "ratio"}.get(label)
        return [
            unit
            for unit in self.units.get(form, ())
            if unit.dimension != "group"
            and (unit.dimension == wanted or (not wanted and unit.dimension not in ("money", "ratio")))
        ]


def _alternation(words: Iterable[str]) -> str:
    return "|".join(map(re.escape, sorted(set(words), key=lambda word: (-len(word), word))))
