"""How far two annotations of the same texts agree, and where they don't.

Agreement is counted over any number of texts: `Agreement.add` one after the other, then
`Agreement.figures` or `Agreement.table`. `disagreements` lists those of one text.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from scripts.annotation.spans import LABELS, Span
from scripts.learning.scores import Counts

# In this order they are looked for: what is also something simpler is called the simpler name.
KINDS = ("type", "boundary", "both", "missing")
Figures = dict[str, dict[str, float | None]]


@dataclass(frozen=True)
class Disagreement:
    """Spans that say something different about the same place.

    kind: ``type`` (same characters, another label), ``boundary`` (same label, other
    characters), ``both`` (other characters and another label), or ``missing`` (only one of the
    two has a span). a, b: the span of either side, None where it has none.
    """

    kind: str
    a: Span | None
    b: Span | None

    @property
    def place(self) -> tuple[int, int]:
        """The characters that the spans of both sides cover together."""
        spans = [span for span in (self.a, self.b) if span]
        return min(span.start for span in spans), max(span.end for span in spans)

    @property
    def label(self) -> str:
        """The label of side a, or of b where a has no span."""
        return (self.a or self.b or _NOTHING).label


_NOTHING = Span(0, 0, "")


def _overlap(a: Span, b: Span) -> int:
    return max(min(a.end, b.end) - max(a.start, b.start), 0)


def _pairs(
    a: Iterable[Span], b: Iterable[Span], fit: Callable[[Span, Span], bool]
) -> list[tuple[Span, Span]]:
    """Overlapping spans that fit, each span used once, the largest overlaps first."""
    b = list(b)
    found = [(x, y) for x in a for y in b if _overlap(x, y) and fit(x, y)]
    found.sort(key=lambda pair: (-_overlap(*pair), pair))
    pairs, used_a, used_b = [], set(), set()
    for x, y in found:
        if x not in used_a and y not in used_b:
            pairs.append((x, y))
            used_a.add(x)
            used_b.add(y)
    return pairs


def disagreements(a: Iterable[Span], b: Iterable[Span]) -> list[Disagreement]:
    """Where two annotations of one text differ, in reading order; every span stands once."""
    a, b = set(a), set(b)
    only_a, only_b = a - b, b - a
    tests: dict[str, Callable[[Span, Span], bool]] = {
        "type": lambda x, y: (x.start, x.end) == (y.start, y.end),
        "boundary": lambda x, y: x.label == y.label,
        "both": lambda x, y: True,
    }
    found = []
    for kind, fit in tests.items():
        for x, y in _pairs(only_a, only_b, fit):
            found.append(Disagreement(kind, x, y))
            only_a.remove(x)
            only_b.remove(y)
    found += [Disagreement("missing", x, None) for x in only_a]
    found += [Disagreement("missing", None, y) for y in only_b]
    return sorted(found, key=lambda d: (d.place, d.kind, d.label))


def wrong_spans(
    text: str, gold: Iterable[Span], predicted: Iterable[Span]
) -> Iterator[dict[str, Any]]:
    """Every error of a prediction as a row for a file: kind, both spans, the text around them.

    kind: missed, spurious, boundary, type, or both of these. A span: offsets, label and string.
    """

    def shown(span: Span | None) -> list[Any] | None:
        if span is None:
            return None
        return [span.start, span.end, span.label, text[span.start : span.end]]

    for wrong in disagreements(gold, predicted):
        start, end = wrong.place
        kind = "missed" if wrong.b is None else "spurious" if wrong.a is None else wrong.kind
        yield {
            "kind": kind,
            "gold": shown(wrong.a),
            "predicted": shown(wrong.b),
            "around": text[max(start - 15, 0) : end + 15],
        }


def kappa(both: int, only_a: int, only_b: int, neither: int) -> float | None:
    """Cohen's kappa of two yes-or-no readings; None where chance alone would agree fully."""
    total = both + only_a + only_b + neither
    if not total:
        return None
    said_a, said_b = both + only_a, both + only_b
    chance = (said_a * said_b + (total - said_a) * (total - said_b)) / total**2
    return None if chance == 1 else ((both + neither) / total - chance) / (1 - chance)


class Agreement:
    """Agreement of two annotations, counted over any number of texts."""

    def __init__(self) -> None:
        self.exact = Counts()
        self.characters = 0
        self._overlapping: Counter[str] = Counter()
        self._covered: dict[str, Counter[str]] = {side: Counter() for side in ("a", "b", "ab")}
        self._kinds: dict[str, Counter[str]] = {kind: Counter() for kind in KINDS}

    def add(self, length: int, a: Iterable[Span], b: Iterable[Span]) -> list[Disagreement]:
        """Count one text of so many characters; returns its disagreements."""
        a, b = set(a), set(b)
        self.exact.add(a, b)
        self.characters += length
        for label in LABELS:
            of_a = [span for span in a if span.label == label]
            of_b = [span for span in b if span.label == label]
            self._overlapping[label] += len(_pairs(of_a, of_b, lambda x, y: True))
            in_a, in_b = _characters(of_a), _characters(of_b)
            self._covered["a"][label] += len(in_a)
            self._covered["b"][label] += len(in_b)
            self._covered["ab"][label] += len(in_a & in_b)
        found = disagreements(a, b)
        for disagreement in found:
            self._kinds[disagreement.kind][disagreement.label] += 1
        return found

    def figures(self) -> Figures:
        """Per label and for ``all``: spans of a and of b, agreement, kinds of disagreement.

        exact: F1 in percent of spans with the same offsets and label. overlap: the same, where
        one span of the label that overlaps is enough. kappa: Cohen's, on characters (in a span
        of the label or not); only per label. Then one count for each of `KINDS`.
        """
        rows: Figures = {}
        for label in LABELS:
            in_a, in_b, in_ab = (self._covered[side][label] for side in ("a", "b", "ab"))
            neither = self.characters - in_a - in_b + in_ab
            rows[label] = self._row((label,)) | {
                "kappa": kappa(in_ab, in_a - in_ab, in_b - in_ab, neither) if in_a or in_b else None
            }
        return rows | {"all": self._row(LABELS) | {"kappa": None}}

    def _row(self, labels: Iterable[str]) -> dict[str, float | None]:
        def count(counter: Counter[str]) -> int:
            return sum(counter[label] for label in labels)

        a, b = count(self.exact.gold), count(self.exact.predicted)
        row: dict[str, float | None] = {
            "a": a,
            "b": b,
            "exact": 200 * count(self.exact.right) / (a + b) if a + b else None,
            "overlap": 200 * count(self._overlapping) / (a + b) if a + b else None,
        }
        return row | {kind: count(counter) for kind, counter in self._kinds.items()}

    def table(self) -> str:
        """The figures as a Markdown table, a row for each label."""
        head = ("label", "spans a", "spans b", "exact F1", "overlap F1", "kappa", *KINDS)
        lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
        for label, row in self.figures().items():
            cells = [
                *(str(row[side]) for side in ("a", "b")),
                *("–" if row[f] is None else f"{row[f]:.1f}" for f in ("exact", "overlap")),
                "–" if row["kappa"] is None else f"{row['kappa']:.3f}",
                *(str(row[kind]) for kind in KINDS),
            ]
            lines.append(f"| {label} | {' | '.join(cells)} |")
        return "\n".join(lines) + "\n"


class Comparison:
    """Two annotators of the same texts: their agreement, and each place where they differ."""

    def __init__(self, name: str, a: str, b: str) -> None:
        self.name, self.a, self.b = name, a, b
        self.agreement = Agreement()
        self.texts = 0
        self.differ: list[tuple[str, str, Disagreement]] = []  # where, text

    def add(
        self, where: str, text: str, characters: int, a: Iterable[Span], b: Iterable[Span]
    ) -> None:
        """Count one text, of which so many characters were annotated."""
        self.texts += 1
        self.differ += [(where, text, found) for found in self.agreement.add(characters, a, b)]


def _characters(spans: Iterable[Span]) -> set[int]:
    return {at for span in spans for at in range(span.start, span.end)}
