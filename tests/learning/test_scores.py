"""Strict scores, counted by hand."""

import pytest

from scripts.annotation.spans import Span
from scripts.learning.scores import Counts, spread, table


def test_counts():
    counts = Counts()
    counts.add(
        gold=[Span(0, 3, "LOC"), Span(5, 8, "LOC"), Span(9, 12, "MEASURE")],
        predicted=[Span(0, 3, "LOC"), Span(5, 9, "LOC"), Span(9, 12, "MONEY")],
    )
    scores = counts.scores()
    assert scores["LOC"] == {"p": 50.0, "r": 50.0, "f": 50.0, "gold": 2}
    assert scores["MONEY"] == {"p": 0.0, "r": 0.0, "f": 0.0, "gold": 0}
    assert scores["all"]["f"] == pytest.approx(100 / 3)
    assert scores["ORG"]["f"] == 0.0


def test_spread():
    runs = []
    for right in (True, False):
        counts = Counts()
        counts.add([Span(0, 1, "LOC")], [Span(0, 1, "LOC")] if right else [])
        runs.append(counts.scores())
    assert spread(runs)["LOC"]["f"] == {"mean": 50.0, "sd": 70.71}
    assert "50.0 ± 70.7" in table({"flat": spread(runs)})
