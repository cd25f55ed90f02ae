"""Chinese, financial, Arabic and mixed numerals as exact intervals.

What 几, 数, 余, 多 and two digits side by side stand for, and after whom, is told in
`scripts.components.quantities`.
"""

import re
from fractions import Fraction
from typing import NamedTuple


class UnclearError(ValueError):
    """A text with no reading, or with more than one; its message is the reason."""


class Interval(NamedTuple):
    """Numbers from low to high, each end with or without itself; None is no bound."""

    low: Fraction | None
    high: Fraction | None
    closed_low: bool = True
    closed_high: bool = True
    exact: bool = True

    def negative(self) -> "Interval":
        """The same numbers below zero."""
        turned = Interval(self.high, self.low, self.closed_high, self.closed_low, self.exact)
        return turned.scaled(-1)

    def scaled(self, factor: Fraction | int) -> "Interval":
        """All of it times a factor."""
        low, high = (None if end is None else end * factor for end in (self.low, self.high))
        return self._replace(low=low, high=high)


_PLAIN = str.maketrans(
    "壹贰叁参肆伍陆柒捌玖拾佰仟两〇○俩仨", "一二三三四五六七八九十百千二零零二三"
)
_DIGITS = {char: value for value, char in enumerate("零一二三四五六七八九")}
SCALES = {"十": 10, "百": 100, "千": 1000, "万": 10**4, "亿": 10**8}
NUMERAL = r"[\d.,零〇○一二三四五六七八九十百千万亿半几数点两俩仨廿卅壹贰叁参肆伍陆柒捌玖拾佰仟]"
_TOKEN = re.compile(r"\d+(?:\.\d+)?|[零一二三四五六七八九十百千万亿]")
_POINT = re.compile(r"([零一二三四五六七八九十百千]+|\d+)点([零一二三四五六七八九]+|\d+)")
THOUSANDS = re.compile(r"(?<![\d.,])\d{1,3}(?:[, ]\d{3})+(?![\d,])")
# Two digits side by side that name a range: 三四(十), 十七八, 三五(百), 三、四(十).
_PAIR = re.compile(
    r"(?<![零一二三四五六七八九\d])(?:([一二三四五六七八])、?([二三四五六七八九]))"
    r"(?![零一二三四五六七八九\d])"
)
# 百十, 千百, 千儿八百, 百八十: about so much, by no rule.
_LOOSE = re.compile(r"\A[百千万](?:[十百千]|八[十百千])")


def plain(text: str) -> str:
    """A numeral in the digits 零 to 九, scales 十 to 亿 and Arabic digits without separators."""
    text = THOUSANDS.sub(lambda m: re.sub("[, ]", "", m[0]), text).translate(_PLAIN)
    text = text.replace("廿", "二十").replace("卅", "三十")
    return _POINT.sub(lambda m: f"{int(_cardinal(m[1]))}.{arabic(m[2])}", text)


def arabic(text: str) -> str:
    """Its Chinese digits as Arabic ones: 二零 is 20; other characters stay."""
    return "".join(str(_DIGITS.get(char, char)) for char in text)


def _cardinal(text: str) -> Fraction:
    """Value of one plain numeral: 3500, 三千五百, 25万6千, 两千六 (2600), 二零零."""
    tokens = _TOKEN.findall(text)
    if not tokens or "".join(tokens) != text:
        raise UnclearError(f"no numeral: {text}")
    if len(tokens) > 1 and all(token in _DIGITS for token in tokens):
        if len(tokens) == 2 and "零" not in tokens:
            raise UnclearError(f"neither a number nor a range: {text}")
        return Fraction(arabic(text))
    total = section = Fraction(0)  # of the whole numeral; below its next 万 or 亿
    current: Fraction | None = None
    last, small, large, zero = 1, 10**4, 10**12, False
    for token in tokens:
        scale = SCALES.get(token, 0)
        if 0 < scale < 10**4:
            if scale >= small:
                raise UnclearError(f"scales out of order: {text}")
            section += (1 if current is None else current) * scale
            current, small, last, zero = None, scale, scale, False
        elif scale:
            if scale == large or (last in (100, 1000) and not zero and 0 < (current or 0) < 10):
                raise UnclearError(f"scales out of order: {text}")
            section += current or 0
            if scale < large:
                total += (section or (1 if last == 1 else 0)) * scale
            else:  # 一万亿, 三万五千亿
                total = (total + section) * scale
            section, current = Fraction(0), None
            small, large, last, zero = 10**4, scale, scale, False
        elif current is not None:
            raise UnclearError(f"digits out of order: {text}")
        elif token == "零":
            zero = True
        else:
            current = Fraction(arabic(token))
    if current is not None and last >= 100 and not zero and current < 10:
        current *= last // 10  # 两千六 is 2600, 三万五 is 35000
    value = total + section + (current or 0)
    if value >= 10**20:
        raise UnclearError(f"too large: {text}")
    return value


def scale_of(text: str) -> int:
    """The scale words that end a numeral: 10000 of 85万, 1 of 二十五."""
    scale = 1
    for char in text[len(text.rstrip("十百千万亿")) :]:
        scale *= SCALES[char]
    return scale


def unit_place(text: str) -> Fraction:
    """Size of the unit counted in, 万 and 亿 with it: 10000 of 3万, 0.1亿 of 3.6亿."""
    big = text[len(text.rstrip("万亿")) :]
    decimals = re.search(r"\.(\d+)", text)
    return Fraction(scale_of(big), 10 ** len(decimals[1]) if decimals else 1)


def last_place(text: str, value: Fraction) -> Fraction:
    """Size of the last place named: 1000 of 2000, 0.1亿 of 3.6亿, 1000 of 25万6千."""
    if "." in text or not value:
        return unit_place(text)
    digits = str(int(value))
    return Fraction(10 ** (len(digits) - len(digits.rstrip("0"))))


def interval_of(text: str) -> Interval:
    """Interval of a `normal` numeral: 几十, 数亿, 三四十, 十几, 半, 25万6千."""
    if text == "半":
        return Interval(Fraction(1, 2), Fraction(1, 2))
    if _LOOSE.search(text):
        raise UnclearError(f"vague by no rule: {text}")
    vague = re.search("[几数]", text)
    if vague:
        head, tail = text[: vague.start()], text[vague.end() :]
        if tail.strip("十百千万亿") or (head and head[-1] not in "十百千万亿"):
            raise UnclearError(f"vague by no rule: {text}")
        place = _cardinal("一" + tail)
        if not head:
            return Interval(2 * place, 10 * place, True, False, False)
        low = _cardinal(head) * place
        return Interval(low, low + SCALES[head[-1]] * place, False, False, False)
    pair = _PAIR.search(text)
    if pair and (_DIGITS[pair[2]] - _DIGITS[pair[1]] == 1 or (pair[1], pair[2]) == ("三", "五")):
        low, high = (
            _cardinal(text[: pair.start()] + digit + text[pair.end() :]) for digit in pair.groups()
        )
        return Interval(low, high, exact=False)
    value = _cardinal(text)
    return Interval(value, value)


def point(interval: Interval) -> Fraction:
    """The one number of an interval; raises UnclearError where it holds more."""
    if interval.low is None or interval.low != interval.high:
        raise UnclearError("vague twice")
    return interval.low


def remainder(low: Fraction, place: Fraction) -> Interval:
    """More than `low`, by less than one unit of `place`."""
    return Interval(low, low + place, False, False, False)
