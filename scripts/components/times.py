"""Expressions of time in a sentence, and the date of a page, as EDTF (ISO 8601-2)."""

import re
from datetime import date
from typing import NamedTuple

from .tokenizer import WIDTH

HEAD_LINES = 3000  # characters from the beginning in which the page's date is looked for
_YEAR = r"(?P<year>(?:19|20)\d\d)"
_TIME = re.compile(
    rf"(?P<from>(?:19|20)\d\d)年?(?:[-—–~～至到]+)(?P<to>(?:19|20)\d\d)(?=年|\D)"
    rf"|{_YEAR}[年.\-/](?P<month>\d{{1,2}})[月.\-/](?P<day>\d{{1,2}})日?(?P<since_day>以来|起)?"
    rf"|{_YEAR.replace('year', 'year2')}年(?:度?(?P<part>底|末|年底|年末|初|上半年|下半年)"
    r"|(?P<month2>\d{1,2})月(?:份|底|末)?)?(?P<since>以来|起|开始|至今)?"
    r"|(?P<now>截[至止](?:目前|现在|今)|目前|至今|迄今|现在)"
    r"|(?P<relative>今年|本年|去年|上年|前年|明年|当年|同年)(?P<end>底|末|初)?(?P<since2>以来)?"
    r"|(?P<after>\d{1,2})年[之以]?后"
)
_SHIFT = {"今年": 0, "本年": 0, "去年": -1, "上年": -1, "前年": -2, "明年": 1}
_PARTS = {"初": "-01", "上半年": "-01/{0}-06", "下半年": "-07/{0}-12"}
_DATE_LINE = re.compile(
    rf"\D{{0,30}}?{_YEAR}[年.\-/](?P<month>\d{{1,2}})[月.\-/](?P<day>\d{{1,2}})(?!\d).{{0,40}}"
)


class Time(NamedTuple):
    """An expression of time: half-open offsets in its sentence, and its EDTF, if it has one."""

    start: int
    end: int
    value: str | None


def _iso(year: str, month: str, day: str) -> str | None:
    try:
        return date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        return None


def page_date(text: str) -> str | None:
    """Date of the first line near the head of the page that is little else than a date."""
    for line in text[:HEAD_LINES].splitlines():
        match = _DATE_LINE.fullmatch(line.strip().translate(WIDTH)) if len(line) < 80 else None
        if match and "。" not in line:
            return _iso(match["year"], match["month"], match["day"])
    return None


def times_in(view: str, page: str | None, latest: str | None) -> list[Time]:
    """Expressions of time in a sentence; `latest`: the last year named before it."""
    found: list[Time] = []
    for match in _TIME.finditer(view):
        value, year = _time(match, page, latest)
        if match["year"] or match["year2"] or match["from"]:
            latest = year or latest
        found.append(Time(match.start(), match.end(), value))
    return found


def _time(
    match: re.Match[str], page: str | None, latest: str | None
) -> tuple[str | None, str | None]:
    """EDTF of an expression, and the year that later ones can refer to."""
    if match["from"]:
        return f"{match['from']}/{match['to']}", match["to"]
    if match["year"]:
        day = _iso(match["year"], match["month"], match["day"])
        return day and f"{day}/.." if match["since_day"] else day, match["year"]
    if year := match["year2"]:
        part = match["part"]
        value = year + (_PARTS.get(part, "-12").format(year) if part else "")
        if match["month2"] and 1 <= int(match["month2"]) <= 12:
            value = f"{year}-{int(match['month2']):02}"
        return f"{value}/.." if match["since"] else value, year
    if match["now"]:
        return page or (latest and f"{latest}/.."), None
    if match["after"]:
        return (str(int(latest) + int(match["after"])) if latest else None), None
    base = latest if match["relative"] in ("当年", "同年") else page and page[:4]
    if not base:
        return None, None
    value = str(int(base) + _SHIFT.get(match["relative"], 0))
    if match["end"]:
        value += "-01" if match["end"] == "初" else "-12"
    return f"{value}/.." if match["since2"] else value, None
