"""Agreement of two annotations, against figures worked out by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.annotation.agreement import KINDS, Agreement, Disagreement, disagreements, kappa
from scripts.annotation.spans import LABELS, Span

SPANS = st.builds(
    lambda start, length, label: Span(start, start + length, label),
    st.integers(0, 30),
    st.integers(1, 9),
    st.sampled_from(LABELS),
)

A = Span(0, 5, "ORG")
INNER = Span(0, 3, "LOC")


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ([A, INNER], [INNER, A], []),
        ([A], [Span(0, 5, "LOC")], [Disagreement("type", A, Span(0, 5, "LOC"))]),
        ([A], [Span(1, 5, "ORG")], [Disagreement("boundary", A, Span(1, 5, "ORG"))]),
        ([A], [Span(1, 5, "LOC")], [Disagreement("both", A, Span(1, 5, "LOC"))]),
        ([A], [], [Disagreement("missing", A, None)]),
        ([], [A], [Disagreement("missing", None, A)]),
        # The nested LOC is what differs, not the ORG that both have.
        ([A, INNER], [A], [Disagreement("missing", INNER, None)]),
        # Two for one: the larger overlap is the boundary, the other one is missing.
        (
            [Span(0, 9, "LOC")],
            [Span(0, 3, "LOC"), Span(3, 9, "LOC")],
            [
                Disagreement("missing", None, Span(0, 3, "LOC")),
                Disagreement("boundary", Span(0, 9, "LOC"), Span(3, 9, "LOC")),
            ],
        ),
        # Side by side is no overlap.
        (
            [Span(0, 3, "LOC")],
            [Span(3, 6, "LOC")],
            [
                Disagreement("missing", Span(0, 3, "LOC"), None),
                Disagreement("missing", None, Span(3, 6, "LOC")),
            ],
        ),
    ],
)
def test_kinds(a, b, expected):
    assert disagreements(a, b) == expected


@given(st.sets(SPANS), st.sets(SPANS))
def test_every_span_stands_once(a, b):
    found = disagreements(a, b)
    assert sorted(d.a for d in found if d.a) == sorted(a - b)
    assert sorted(d.b for d in found if d.b) == sorted(b - a)
    assert {d.kind for d in found} <= set(KINDS)


@given(st.sets(SPANS))
def test_one_agrees_with_itself(spans):
    agreement = Agreement()
    assert agreement.add(100, spans, spans) == []
    row = agreement.figures()["all"]
    assert row["exact"] == row["overlap"] == (100 if spans else None)
    for label, row in agreement.figures().items():
        if label != "all":
            assert row["kappa"] == (1 if any(s.label == label for s in spans) else None)


@given(st.sets(SPANS), st.sets(SPANS))
def test_sides_can_be_swapped(a, b):
    one, other = Agreement(), Agreement()
    one.add(100, a, b)
    other.add(100, b, a)
    for label, row in one.figures().items():
        swapped = other.figures()[label]
        assert (row["exact"], row["kappa"]) == (swapped["exact"], swapped["kappa"])
        assert (row["a"], row["b"]) == (swapped["b"], swapped["a"])


def test_kappa_by_hand():
    # 20 of 50 both, 15 of 50 neither, 5 and 10 apart: Wikipedia's worked example.
    assert kappa(20, 5, 10, 15) == pytest.approx(0.4)
    assert kappa(0, 5, 5, 0) == -1
    assert kappa(0, 0, 0, 10) is kappa(10, 0, 0, 0) is kappa(0, 0, 0, 0) is None


def test_figures_by_hand():
    agreement = Agreement()
    # LOC: one exact, one with another boundary, one missing; MONEY against MEASURE.
    agreement.add(
        20,
        [Span(0, 3, "LOC"), Span(4, 8, "LOC"), Span(10, 12, "LOC"), Span(15, 18, "MONEY")],
        [Span(0, 3, "LOC"), Span(4, 7, "LOC"), Span(15, 18, "MEASURE")],
    )
    agreement.add(10, [], [Span(0, 2, "LOC")])
    rows = agreement.figures()
    assert (rows["LOC"]["a"], rows["LOC"]["b"]) == (3, 3)
    assert rows["LOC"]["exact"] == pytest.approx(100 / 3)
    assert rows["LOC"]["overlap"] == pytest.approx(200 / 3)
    # 30 characters: 6 both, 3 only a, 2 only b, 19 neither.
    chance = (9 * 8 + 21 * 22) / 900
    assert rows["LOC"]["kappa"] == pytest.approx((25 / 30 - chance) / (1 - chance))
    assert rows["MONEY"]["kappa"] == 0
    assert [rows["all"][kind] for kind in KINDS] == [1, 1, 0, 2]
    assert rows["ORG"]["exact"] is None
    assert "| LOC | 3 | 3 | 33.3 | 66.7 | 0.590 | 0 | 1 | 0 | 2 |" in agreement.table()
