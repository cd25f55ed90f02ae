import pytest

from scripts.annotation.sentences import Sentence
from scripts.annotation.spans import Span
from scripts.learning.pages import MeasuredPage
from scripts.pages.page import read_page
from scripts.reporting.counting import (
    cards,
    forecast,
    kinds,
    seen_and_unseen,
)

ONE = "秦安县有236户。秦安縣又有12戶。"
OTHER = "徽县有579户。"


def page(name, raw, *gold):
    return MeasuredPage(name, f"{name}.txt", "simplified", raw, [(0, len(raw))], list(gold))


PAGES = [
    page(
        "1", ONE,
        Span(0, 3, "LOC"), Span(4, 8, "MEASURE"), Span(9, 12, "LOC"), Span(14, 17, "MEASURE"),
    ),
    page("2", OTHER, Span(0, 2, "LOC"), Span(3, 7, "MEASURE")),
]  # fmt: skip
FOUND = {
    0: {"1": [Span(0, 2, "LOC"), Span(4, 8, "MEASURE"), Span(14, 17, "MONEY")], "2": PAGES[1].gold},
    1: {"1": PAGES[0].gold, "2": [*PAGES[1].gold, Span(2, 3, "ORG")]},
}


def test_kinds_are_counted_once_and_as_a_mean_of_the_runs():
    counted = kinds(PAGES, FOUND)
    assert counted["LOC"] == {"missed": 0.5, "spurious": 0, "boundary": 0.5, "type": 0, "both": 0}
    assert counted["MEASURE"]["type"] == 0.5
    assert counted["ORG"]["spurious"] == 0.5


def test_seen_is_what_the_model_reads_alike():
    """Traditional is Simplified, digits are a shape; a page's own spans don't count as seen."""
    sentences = [Sentence("秦安县", [Span(0, 3, "LOC")], "interview", 1)]
    scores = seen_and_unseen(PAGES, sentences, FOUND)
    gold = {
        name: {label: figures["gold"]["mean"] for label, figures in by_label.items()}
        for name, by_label in scores.items()
    }
    assert gold["seen"]["LOC"] == 2  # 秦安县 and 秦安縣, from the sentence
    assert gold["seen"]["MEASURE"] == 2  # 236户 and 579户, from each other's page
    assert gold["unseen"]["LOC"] == 1
    assert gold["unseen"]["MEASURE"] == 1
    assert scores["seen"]["MEASURE"]["f"]["mean"] == 100


def test_cards_hold_a_sentence_each_and_join_the_runs():
    raw = ONE
    document = read_page(raw, "1")
    alike = {run: {"1": [Span(0, 3, "LOC")]} for run in range(3)}
    found = cards(PAGES[:1], [document], alike)
    assert [(card.start, card.end, card.runs) for card in found] == [
        (0, 9, [0, 1, 2]),
        (9, len(raw), [0, 1, 2]),
    ]
    assert [card.kinds for card in found] == [["missed"], ["missed"]]
    assert [card.labels for card in found] == [["MEASURE"], ["LOC", "MEASURE"]]


def test_forecast_follows_a_power_of_the_data():
    shares = [
        {"share": share, "runs": {"flat": [100 - 40 * share**-0.5, 100 - 50 * share**-0.5]}}
        for share in (25, 50, 75, 100)
    ]
    found = forecast(shares, 200)
    assert found["high"] == pytest.approx(100 - 40 * 200**-0.5)
    assert found["low"] == pytest.approx(100 - 50 * 200**-0.5)
    assert forecast(shares[:2], 200) is None
