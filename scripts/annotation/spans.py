"""The five labels, the span that carries one, and the laws that every set of spans keeps."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

LABELS = ("ORG", "LOC", "MONEY", "POVERTY_RATE", "MEASURE")

# A span never begins or ends with these (annotation policy), but for a closing quote that
# belongs to a name (村“两委”) and a ? that stands for a lost character (华?率先).
_PUNCTUATION = set("，。、；：？！,.;:?!（）()《》〈〉【】[]「」『』…—-－·“‘”’\"'")
_CLOSING_QUOTES = set("”’」』")


@dataclass(frozen=True, order=True)
class Span:
    """A labelled stretch of text: half-open code-point offsets ``[start, end)``."""

    start: int
    end: int
    label: str

    def contains(self, other: "Span") -> bool:
        """Whether `other` lies inside this span (equal offsets count)."""
        return self.start <= other.start and other.end <= self.end

    def crosses(self, other: "Span") -> bool:
        """Whether the two overlap with neither inside the other."""
        return (
            self.start < other.start < self.end < other.end
            or other.start < self.start < other.end < self.end
        )


def flat(spans: Iterable[Span]) -> list[Span]:
    """The flat layer of a nested one: of spans that overlap, the longest is kept."""
    kept: list[Span] = []
    for span in sorted(spans, key=lambda s: (s.start - s.end, s.start)):
        if not any(span.start < k.end and k.start < span.end for k in kept):
            kept.append(span)
    return sorted(kept)


def _is_lost(text: str, at: int) -> bool:
    """Whether the ? at this offset stands between two Han characters, for a third one."""
    around = text[max(at - 1, 0) : at] + text[at + 1 : at + 2]
    return text[at] in "?？" and len(around) == 2 and all("\u3400" <= c <= "\u9fff" for c in around)


def problems(text: str, spans: Iterable[Span]) -> Iterator[str]:
    """What the policy forbids in `spans` over `text`, one plain sentence per finding."""
    ordered = sorted(spans, key=lambda s: (s.start, -s.end, s.label))
    for i, span in enumerate(ordered):
        where = f"{span.label} [{span.start}:{span.end}]"
        if span.label not in LABELS:
            yield f"{where}: unknown label; the labels are {', '.join(LABELS)}"
        if not 0 <= span.start <= span.end <= len(text):
            yield f"{where}: outside the text, which has {len(text)} characters"
            continue
        covered = text[span.start : span.end]
        where = f"{where} {covered!r}"
        if not covered:
            yield f"{where}: empty"
            continue
        if covered != covered.strip():
            yield f"{where}: begins or ends with white space"
        if covered[0] in _PUNCTUATION:
            yield f"{where}: begins with punctuation"
        if covered[-1] in _PUNCTUATION and not (
            covered[-1] in _CLOSING_QUOTES or _is_lost(text, span.end - 1)
        ):
            yield f"{where}: ends with punctuation"
        for other in ordered[i + 1 :]:
            if other.start >= span.end:
                break
            if span == other:
                yield f"{where}: twice"
            elif span.crosses(other):
                yield f"{where}: crosses {other.label} {text[other.start : other.end]!r}"
            elif (other.start, other.end) == (span.start, span.end):
                yield f"{where}: the same characters are also {other.label}"
            elif other.label != "LOC" or span.label not in ("ORG", "LOC"):
                yield (
                    f"{where}: holds {other.label} {text[other.start : other.end]!r}; "
                    "only a LOC nests, inside an ORG or a longer LOC"
                )
