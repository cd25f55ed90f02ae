"""What a value measures, by a table of nouns, verbs and kinds of value."""

import csv
import io
import re
from collections.abc import Iterable
from typing import Any, NamedTuple


class _Rule(NamedTuple):
    indicator: str
    kind: str
    basis: str
    noun: re.Pattern[str] | None
    before: re.Pattern[str] | None
    after: re.Pattern[str] | None
    clause: re.Pattern[str] | None


class Context(NamedTuple):
    """What stands around a value, or around values side by side (236户1136人).

    before: its clause up to it; after: what follows up to a comma; noun: what it counts.
    """

    before: str
    after: str
    noun: str
    way: str


COLUMNS = ("indicator", "kind", "basis", "noun", "before", "after", "clause")
_FILLERS = re.compile(
    r"(?:[\s:：\"“”‘’「」『』()]|[共达约近逾超为有了总各均等的到至于是在按]|超过|不到|不足|[累共总合预]计|"
    r"现有|其中|分别|大约|不少于|不低于|零下|每[年月人户村])+\Z"
)
_GIVEN = re.compile(r"\A标准(?:安排|预算|发放|拨付|补助|给予)?")
_RELATIVE = re.compile("[有无能可没]|可以|能够|具有|居住|参加|从事")
_FUNCTION = tuple("对将给从在把与和及或以由于有为是")
_HAN = re.compile("[一-鿿a-z]+")
_HAN_RUN = re.compile("[一-鿿a-z]+\\Z")
_QUOTES = dict.fromkeys(map(ord, '"“”‘’「」『』'))


class Indicators:
    """Names what values measure, by a table.

    table: CSV in UTF-8 with `COLUMNS`. A row holds for a value of its kind (dimension or unit) and
    basis, where each expression is found: `noun` in the noun counted, `before` and `clause` in
    the clause up to the value and in all of it, `after` right behind the value. The first row
    that holds gives the indicator. A row without an indicator holds words, separated by blanks:
    in `before` verbs that end a noun to their right, in `after` those that end one to their left.
    Raises ValueError for other columns and for what is no regular expression.
    """

    def __init__(self, table: str) -> None:
        reader = csv.DictReader(io.StringIO(table))
        if tuple(reader.fieldnames or ()) != COLUMNS:
            raise ValueError(f"the table of indicators needs the columns {', '.join(COLUMNS)}")
        self._rules: dict[str, list[_Rule]] = {}
        before, after = ["的"], ["的"]
        for row in reader:
            if not row["indicator"]:
                before += row["before"].split()
                after += row["after"].split()
                continue
            patterns = []
            for column in COLUMNS[3:]:
                try:
                    patterns.append(re.compile(row[column]) if row[column] else None)
                except re.error as error:
                    raise ValueError(f"{row['indicator']}, {column}: {error}") from error
            rule = _Rule(row["indicator"], row["kind"], row["basis"], *patterns)
            self._rules.setdefault(rule.kind, []).append(rule)
        self._lead = re.compile(rf".*(?:{_alternation(before)})(?=.)")
        self._stop = re.compile(_alternation(after))

    def name(self, label: str, value: Any, context: Context) -> tuple[str | None, str]:
        """Indicator of a value, and the way it was found; see `CONFIDENCE`."""
        if label == "POVERTY_RATE":
            return "poverty_rate", "table"
        dimension = value.dimension if value is not None else None
        kinds = (value.unit, dimension) if dimension else ("money" if label == "MONEY" else None,)
        clause = context.before + context.noun + context.after
        for kind in kinds:
            for rule in self._rules.get(kind or "", ()):
                if (
                    (not rule.basis or (value is not None and rule.basis in value.basis))
                    and (not rule.noun or rule.noun.search(context.noun))
                    and (not rule.before or rule.before.search(context.before))
                    and (not rule.after or rule.after.match(context.after))
                    and (not rule.clause or rule.clause.search(clause))
                ):
                    return rule.indicator, "table"
        return context.noun or None, context.way

    def noun_behind(self, text: str) -> str:
        """The noun at the head of what follows a value, empty if there is none."""
        text = _GIVEN.sub("", text.translate(_QUOTES).removeprefix("的"))
        if _RELATIVE.match(text) and "的" in text:
            text = text[text.index("的") + 1 :]
        if not (run := _HAN.match(text)):
            return ""
        stop = self._stop.search(run[0])
        noun = run[0][: stop.start()] if stop else run[0]
        return noun if len(noun) < 20 else ""

    def noun_before(self, text: str) -> str:
        """The noun at the end of what stands before a value; a verb where it stands alone."""
        fillers = _FILLERS.search(text, max(len(text) - 60, 0))
        text = text[: fillers.start()] if fillers else text
        run = _HAN_RUN.search(text[-24:])
        if not run:
            return ""
        noun = self._lead.sub("", run[0])
        return noun if len(noun) < 16 and noun not in _FUNCTION else ""


def _alternation(words: Iterable[str]) -> str:
    return "|".join(sorted(set(words), key=lambda word: (-len(word), word)))
