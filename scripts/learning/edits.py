"""Edits of an annotated text that carry its spans along: what scraping and printing do to a page.

Used in training (augmentation) and in evaluation (robustness variants).
"""

import random
import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import NamedTuple

from scripts.annotation.spans import Span
from scripts.pages import script

Annotated = tuple[str, list[Span]]
Edited = Callable[[Annotated, random.Random], Annotated]

_HAN = re.compile(r"[㐀-鿿]")
_DIGITS = re.compile(r"\d+(?:[.,]\d+)*")
_TO_FULL = {ord(c): ord(c) + 0xFEE0 for c in "0123456789%."}
_TO_HALF = {ord(f): h for f, h in zip("，：；？！（）", ",:;?!()", strict=True)}
_PUNCTUATION = re.compile(r"[，。、；：,;:]")
# Without what stands between them these would become one token.
_BETWEEN_WORDS = re.compile(r"[A-Za-z0-9０-９Ａ-Ｚａ-ｚ].[A-Za-z0-9０-９Ａ-Ｚａ-ｚ]")
# How many last characters of a name tell of what kind it is.
_HEADS = {"LOC": 1, "ORG": 2}
# Any syllable serves: the model has to see that brackets with a tone mark are no text.
_SYLLABLES = re.findall(
    r"\w+",
    "fā zhèn xiàn lián jìn wù yè diào gè zhǔn shí jiǎn xué duì tǒng guān chǎn nóng huán yún "
    "zhuǎn qiáng shù lǐng kuò ér dōng jī liàng wěn",
)


class Edit(NamedTuple):
    """Replace ``text[start:end]`` by `new`; ``start == end`` inserts."""

    start: int
    end: int
    new: str


def apply(annotated: Annotated, edits: Iterable[Edit]) -> Annotated:
    """Make `edits` (which must not overlap) and move the spans with the text.

    What is inserted inside a span stays inside, what is inserted at its edge stays outside
    (annotation policy). A span whose text is gone is dropped.
    """
    text, spans = annotated
    ordered = sorted(edits)
    out, at = [], 0
    for edit in ordered:
        out += [text[at : edit.start], edit.new]
        at = edit.end
    out.append(text[at:])

    def moved(offset: int, opens: bool) -> int:
        shift = 0
        for start, end, new in ordered:
            if start >= offset and not (opens and start == end == offset):
                break
            if end > offset:
                return start + shift + min(offset - start, len(new))
            shift += len(new) - (end - start)
        return offset + shift

    placed = (Span(moved(s.start, True), moved(s.end, False), s.label) for s in spans)
    return "".join(out), [span for span in placed if span.start < span.end]


def traditional(annotated: Annotated, rng: random.Random) -> Annotated:
    """Simplified → Traditional by OpenCC, where that keeps the length."""
    text, spans = annotated
    converted = script.traditional(text)
    return (converted, spans) if len(converted) == len(text) else annotated


def glosses(annotated: Annotated, rng: random.Random) -> Annotated:
    """A pinyin gloss after one Han character in about thirteen, as in page 000 of the seeds."""
    text, _ = annotated
    return apply(
        annotated,
        [
            Edit(m.end(), m.end(), f"({rng.choice(_SYLLABLES)})")
            for m in _HAN.finditer(text)
            if rng.random() < 0.075
        ],
    )


def full_width_digits(annotated: Annotated, rng: random.Random) -> Annotated:
    """Digits, their points and percent signs in full width."""
    text, spans = annotated
    wide = re.sub(r"[\d.]*\d%?", lambda m: m[0].translate(_TO_FULL), text, flags=re.ASCII)
    return wide, spans


def half_width_punctuation(annotated: Annotated, rng: random.Random) -> Annotated:
    """Chinese commas, colons, brackets in half width, as some sites print them."""
    text, spans = annotated
    return text.translate(_TO_HALF), spans


def line_breaks(annotated: Annotated, rng: random.Random) -> Annotated:
    """Hard line wraps every 8 to 60 characters, now and then with a blank line."""
    text, _ = annotated
    edits, at = [], rng.randint(3, 40)
    width = rng.randint(8, 60)
    while at < len(text):
        edits.append(Edit(at, at, rng.choice(["\n", "\n", "\r\n", "\n\n"])))
        at += max(3, width + rng.randint(-2, 2))
    inside_number = {i for m in _DIGITS.finditer(text) for i in range(m.start() + 1, m.end())}
    return apply(annotated, [edit for edit in edits if edit.start not in inside_number])


def no_punctuation(annotated: Annotated, rng: random.Random) -> Annotated:
    """Commas, stops, colons gone, but for those inside a span or between two words or numbers."""
    text, spans = annotated
    inside = {i for span in spans for i in range(span.start, span.end)}
    gone = [m.start() for m in _PUNCTUATION.finditer(text) if m.start() not in inside]
    return apply(
        annotated,
        [Edit(i, i + 1, "") for i in gone if not _BETWEEN_WORDS.match(text[max(i - 1, 0) : i + 2])],
    )


def lost_characters(annotated: Annotated, rng: random.Random) -> Annotated:
    """One Han character in about sixty replaced by a sign for a lost one (华?市)."""
    text, spans = annotated
    edges = {i for span in spans for i in (span.start, span.end - 1)}
    sign = rng.choice("?？□�")
    return "".join(
        sign if _HAN.match(char) and i not in edges and rng.random() < 1 / 60 else char
        for i, char in enumerate(text)
    ), spans


def other_numbers(annotated: Annotated, rng: random.Random) -> Annotated:
    """Every digit but those of years changed at random; a first digit never becomes 0."""
    text, spans = annotated

    def another(match: re.Match[str]) -> str:
        number = match[0]
        if re.fullmatch(r"(19|20)\d\d", number):
            return number
        return "".join(
            c if not c.isdigit() else str(rng.randint(1 if i == 0 and c != "0" else 0, 9))
            for i, c in enumerate(number)
        )

    return _DIGITS.sub(another, text), spans


def other_names(texts: Iterable[Annotated]) -> Edited:
    """An edit that swaps about every third name for another of its kind in `texts`.

    Names are of one kind if they have a label and a head in common, which stands last in
    Chinese: a character of a place (村, 镇), two of a body (公司, 小学). A name brings its own
    nested spans with it.
    """
    known: defaultdict[tuple[str, str], dict[str, list[Span]]] = defaultdict(dict)
    for text, spans in texts:
        for name in spans:
            if name.label in _HEADS:
                inside = [
                    Span(s.start - name.start, s.end - name.start, s.label)
                    for s in spans
                    if name.contains(s) and s != name
                ]
                known[_kind(text, name)][text[name.start : name.end]] = inside
    kinds = {kind: list(names.items()) for kind, names in known.items() if len(names) > 1}

    def edit(annotated: Annotated, rng: random.Random) -> Annotated:
        text, spans = annotated
        swapped: dict[Span, tuple[str, list[Span]]] = {}
        for name in rng.sample(spans, len(spans)):
            taken = any(name.start < s.end and s.start < name.end for s in swapped)
            if not taken and rng.random() < 1 / 3 and _kind(text, name) in kinds:
                swapped[name] = rng.choice(kinds[_kind(text, name)])
        kept = [s for s in spans if s in swapped or not any(n.contains(s) for n in swapped)]
        new_text, moved = apply(
            (text, kept), [Edit(s.start, s.end, name) for s, (name, _) in swapped.items()]
        )
        brought = [
            Span(new.start + s.start, new.start + s.end, s.label)
            for old, new in zip(kept, moved, strict=True)
            for s in swapped.get(old, ("", []))[1]
        ]
        return new_text, sorted(moved + brought)

    return edit


def _kind(text: str, name: Span) -> tuple[str, str]:
    return name.label, text[max(name.start, name.end - _HEADS.get(name.label, 0)) : name.end]


# What training draws from, beside other names. Text without punctuation is the hardest to read
# and comes most often.
EDITS: list[Edited] = [
    traditional,
    glosses,
    full_width_digits,
    half_width_punctuation,
    line_breaks,
    *[no_punctuation] * 10,
    lost_characters,
    other_numbers,
]

# What robustness is measured on.
VARIANTS: dict[str, Edited] = {
    "traditional": traditional,
    "glosses": glosses,
    "full-width digits": full_width_digits,
    "line breaks": line_breaks,
    "no punctuation": no_punctuation,
}


def scrambled(texts: list[Annotated], edit: Edited) -> list[Annotated]:
    """All texts after `edit`, with the same chances every time."""
    rng = random.Random(1)
    return [edit(text, rng) for text in texts]
