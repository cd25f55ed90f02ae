"""Inline marks: what people write is what the spans say, both ways."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.annotation.marks import MarkError, parse, render
from scripts.annotation.spans import LABELS, Span


@pytest.mark.parametrize(
    ("marked", "text", "spans"),
    [
        ("无", "无", []),
        (
            "[[秦安县]LOC林业局]ORG投资[120万元]MONEY",
            "秦安县林业局投资120万元",
            [Span(0, 6, "ORG"), Span(0, 3, "LOC"), Span(8, 13, "MONEY")],
        ),
        (
            "发生率[21.27%]POVERTY_RATE，[236户]MEASURE[1136人]MEASURE",
            "发生率21.27%，236户1136人",
            [Span(3, 9, "POVERTY_RATE"), Span(10, 14, "MEASURE"), Span(14, 19, "MEASURE")],
        ),
        (r"注\[1\]：[岔口村]LOC", "注[1]：岔口村", [Span(5, 8, "LOC")]),
    ],
)
def test_parse(marked, text, spans):
    assert parse(marked) == (text, spans)
    assert render(text, spans) == marked


@pytest.mark.parametrize(
    ("marked", "message"),
    [
        ("[秦安县", "column 1: this [ is never closed"),
        ("秦安县]LOC", "column 4: ]LOC closes nothing"),
        ("[秦安县]GPE", "column 5: after ] one of ORG"),
        ("[秦安县]", "column 5"),
    ],
)
def test_unreadable_marks(marked, message):
    with pytest.raises(MarkError, match="column") as error:
        parse(marked)
    assert message in str(error.value)


@st.composite
def annotated(draw):
    """Any text with spans that nest as the policy's do: side by side, or one in another."""
    text = draw(st.text(min_size=1))
    cuts = sorted(draw(st.sets(st.integers(0, len(text)), max_size=8)))
    spans = [
        Span(a, b, draw(st.sampled_from(LABELS)))
        for a, b in zip(cuts[::2], cuts[1::2], strict=False)
    ]
    inner = [
        Span(s.start, s.end - 1, "LOC")
        for s in spans
        if s.end - s.start > 1 and draw(st.booleans())
    ]
    return text, sorted(spans + inner, key=lambda s: (s.start, -s.end))


@given(annotated())
def test_round_trip(example):
    text, spans = example
    assert parse(render(text, spans)) == (text, spans)
