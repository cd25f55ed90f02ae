"""What the clause around an amount says of it: marks that bound it, and whether it is a change.

How the marks are read, and after whom, is told in `scripts.components.quantities`.
"""

import re
from fractions import Fraction
from functools import lru_cache

from .numerals import Interval, UnclearError, point, remainder

# Marks right before a number. The match that begins first is the longest one: 不超过, not 超过.
_MARKS = (
    r"(?P<max>不(?:得|能|应|可|会|准)?超过?|不(?:得|能|应|可)?(?:高于|大于|多于)|[最至顶]多|[≤≦])"
    r"|(?P<min>不(?:得|能|应|可)?(?:低于|少于|小于)|不下于?|[至最]少|起码|[≥≧])"
    r"|(?P<below>不足|不到|不满|未满|未达|低于|少于|小于|不及|<)"
    r"|(?P<above>超过|(?<![赶反])超|逾|突破|高于|多于|大于|>)"
    r"|(?P<near>将近|接近|逼近|几近|(?<![最附靠临远新亲邻])近)"
    r"|(?P<about>(?<![节合契条预违公签])约|大概|大致|差不多|估计|大体|~)"
)
_BEFORE = re.compile(rf"(?:{_MARKS})\s*\Z")
# 上千, 过百: only right before a scale without a digit.
_BARE_SCALE = re.compile("[十百千万亿]")
_BEFORE_SCALE = re.compile(
    rf"(?:{_MARKS}|(?P<reach>(?<![以马网山路街身地线早晚会村天坡])上)|(?P<pass>(?<![经通])过))\s*\Z"
)
# A remark right before a number, which the noun counted stands before.
BRACKETS = re.compile(r"\([^()]*\)\Z")
# What may stand between a mark and its number.
_FILLER = re.compile(
    r"(?:[有为占合计需是了要均各可能将在共由从]|达到?|需要|稳定|[一-鿿]均|每个?[一-鿿]|\s)\Z"
)
_APART = re.compile(r"([最至顶]多|[至最]少|起码)(?:(?!的)[一-鿿]){1,4}\Z")
BEHIND = re.compile(
    r"\s*(?:\([^)]{1,3}\))?(?:(?P<min>[及或]?[以之]上)|(?P<max>[及或]?[以之][下内])"
    r"|(?P<about>左右|上下)|(?P<above>开外)|(?P<past>出头)|(?P<below>不到(?![位达]))"
    r"|(?P<more>[多余](?=[，。；、,;)钱]|\Z)))"
)
# A verb that governs a change, and its object: 减少(贫困人口), but not 减少到, 增加值, 新增.
CHANGE = re.compile(
    r"(?:(?:增加|增长|减少|下降|降低|提高|提升|上升|上涨|上浮|上调|下调|下跌|缩减|压减|压缩|削减|减轻|扩大"
    r"|增产|增收|减产|减收|扩增|净增|净减|降价|涨价|高出|多出|超出)(?!值|到|至|为|村|型|工程|行动)"
    r"|(?<![新倍起升])[增减涨跌降](?=了?\Z)|[少多](?=了\Z)"
    r"|(?:[增降涨跌]幅|增量|增加额)(?:为|达|是)?(?=\Z))(?P<object>[^到至由从:]{0,10})\Z"
)
_LEVEL_OBJECT = re.compile("[达为是有共]|用于|建成|发放|带动|安排|筹集|争取|覆盖|惠及|实现|的.")


@lru_cache(maxsize=100)  # asked twice about each span
def marks_before(clause: str, text: str) -> tuple[list[str], str, str]:
    """Marks that end `clause`; `clause` without those right at its end; and without fillers."""
    marks: list[str] = []
    ungoverned = None
    before = _BEFORE_SCALE if _BARE_SCALE.match(text) else _BEFORE
    while True:
        if match := before.search(clause):
            marks.append(match.lastgroup or "")
        elif (match := _FILLER.search(clause)) and ungoverned is None:
            ungoverned, before = clause, _BEFORE
        if not match:
            break
        clause = clause[: match.start()]
    if not marks and (apart := _APART.search(clause)):
        marks.append("min" if apart[1] not in ("最多", "至多", "顶多") else "max")
    return marks, clause if ungoverned is None else ungoverned, clause


def bounded(interval: Interval, marks: list[str]) -> Interval:
    """`interval` with the marks around it; raises UnclearError where they contradict it."""
    found = set(marks)
    lower = found & {"min", "above", "reach", "pass", "past"}
    upper = found & {"max", "below", "near"}
    if lower and upper:
        raise UnclearError(f"bounded from both sides: {' '.join(sorted(found))}")
    if "more" in found:
        interval = remainder(point(interval), Fraction(1))
    if "near" in found and not interval.closed_high:
        raise UnclearError("near, and more")
    low, high, closed_low, closed_high, exact = interval
    if lower:
        high, closed_high = None, False
        closed_low = closed_low and not lower & {"above", "pass", "past"}
    elif upper:
        low, closed_low = None, False
        closed_high = closed_high and "max" in upper
    exact = exact and not found & {"about", "near", "reach", "past"}
    return Interval(low, high, closed_low, closed_high, exact)


def changed(clause: str) -> bool:
    """Whether a verb of change governs what follows `clause`."""
    match = CHANGE.search(clause)
    if not match:
        return False
    if match["object"].endswith("的"):
        raise UnclearError("a change, or the level after it")
    return not _LEVEL_OBJECT.search(match["object"])
