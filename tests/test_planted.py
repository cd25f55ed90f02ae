"""Planted errors: what is corrupted, and how many of them the suspects hold."""

import json
import random

import pytest
from typer.testing import CliRunner

from scripts import planted as step
from scripts.annotation.agreement import Disagreement
from scripts.annotation.gold import GoldSpan, write_gold
from scripts.annotation.spans import LABELS, Span
from scripts.pages.document import to_json
from scripts.pages.page import read_page

GOLD = {
    page: {Span(at, at + 3, LABELS[at // 10 % 5]) for at in range(0, 1000, 10)} for page in "ab"
}


@pytest.mark.parametrize("seed", range(5))
def test_a_share_of_the_gold_is_corrupted(seed):
    wrong, planted = step.plant(GOLD, 0.05, random.Random(seed))
    kinds = sorted(error.kind for _, error in planted)
    assert kinds == ["boundary"] * 3 + ["missing"] * 3 + ["type"] * 4
    for page, spans in GOLD.items():
        here = {error for where, error in planted if where == page}
        assert spans - wrong[page] == {error.b for error in here}
        assert wrong[page] - spans == {error.a for error in here if error.a}
    for _, error in planted:
        if error.kind == "type":
            assert (error.a.start, error.a.end) == (error.b.start, error.b.end)
            assert error.a.label != error.b.label
        if error.kind == "boundary":
            assert error.a.label == error.b.label
            assert 0 <= error.a.start < error.a.end
            assert error.a != error.b


TRUE, WRONG, NEAR = Span(3, 6, "LOC"), Span(3, 5, "LOC"), Span(2, 6, "ORG")


@pytest.mark.parametrize(
    ("error", "suspect", "held"),
    [
        (("boundary", WRONG, TRUE), ("boundary", WRONG, TRUE), True),
        (("boundary", WRONG, TRUE), ("missing", WRONG, None), True),
        (("boundary", WRONG, TRUE), ("missing", None, TRUE), False),
        (("missing", None, TRUE), ("missing", None, TRUE), True),
        (("missing", None, TRUE), ("missing", None, NEAR), True),
        (("missing", None, TRUE), ("missing", None, Span(6, 8, "LOC")), False),
        (("missing", None, TRUE), ("boundary", WRONG, TRUE), False),
    ],
)
def test_what_counts_as_found(error, suspect, held):
    tally = step.Tally()
    tally.add({("page", Disagreement(*error))}, [("page", Disagreement(*suspect))])
    assert tally.figures()[0]["recall"] == (100 if held else 0)
    tally = step.Tally()
    tally.add({("page", Disagreement(*error))}, [("other", Disagreement(*suspect))])
    assert tally.figures()[0]["recall"] == 0


def test_the_step(tmp_path):
    raw = "".join(f"秦安县五营镇有{n}户，投资{n}万元。\n" for n in range(100, 200))
    page = read_page(raw, "page")
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "pages.jsonl").write_text(json.dumps(to_json(page)) + "\n")
    spans = []
    at = 0
    for line in raw.splitlines(keepends=True):
        parts = ((0, 3, "LOC"), (3, 6, "LOC"), (7, 11, "MEASURE"), (14, 19, "MONEY"))
        spans += [Span(at + start, at + end, label) for start, end, label in parts]
        at += len(line)
    (tmp_path / "gold").mkdir()
    gold = [GoldSpan(s.start, s.end, s.label, raw[s.start : s.end], ("a",)) for s in spans]
    write_gold(tmp_path / "gold" / "page.jsonl", gold)
    rng = random.Random(0)
    rows = [
        {"run": run, "page": "page", "start": s.start, "end": s.end, "label": s.label}
        | {"score": rng.uniform(0.8, 1)}
        for run in range(3)
        for s in spans
        if rng.random() < 0.9
    ]
    (tmp_path / "predictions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    app = step.typer.Typer()
    app.command()(step.main)
    names = ("documents", "gold", "predictions.jsonl", "metrics")
    arguments = [*(str(tmp_path / name) for name in names), "--draws", "5"]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    assert "100 errors in all draws" in (tmp_path / "metrics" / "planted.md").read_text()
    first, second, _ = json.loads((tmp_path / "metrics" / "planted.json").read_text())
    # Models that are right in nine of ten cases point at nearly every error.
    assert first["recall"] > 90
    assert first["precision"] > 90
    assert second["recall"] >= first["recall"]
    (tmp_path / "predictions.jsonl").write_text("{}\n")
    done = CliRunner().invoke(app, arguments)
    assert (done.exit_code, "predictions.jsonl:1" in done.output) == (1, True)
