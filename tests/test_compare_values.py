"""Comparison of values: what counts as right, and our own column of it."""

from decimal import Decimal
from pathlib import Path

import pytest

from scripts.compare_values import as_markdown, is_right, main, our_values
from scripts.value_cases import expected, read_cases

UNITS = Path("scripts/components/data/units.csv")


@pytest.mark.parametrize(
    ("notation", "answers", "right"),
    [
        ("1200000 元", [("1200000.00", "1200000.00", "CNY")], True),
        ("1200000 元", [("120", "120", "CNY"), ("1200000", "1200000", None)], True),
        ("1200000 元", [("1200000", "1200000", "USD")], False),
        ("1200000 元", [], False),
        ("1200000 元", [("about", "about", "CNY")], False),
        ("[5000,*] 元", [("5000", None, "CNY")], True),
        ("[5000,*] 元", [("5000", "5000", "CNY")], False),
        ("[500,800] 元", [("500", "800", "CNY")], True),
        ("3 公里", [("3", "3", None)], True),
        ("?", [], True),
        ("?", [("3", "3", None)], False),
    ],
)
def test_is_right(notation, answers, right):
    assert is_right(expected(notation, ""), answers) is right


def test_ours():
    (value,) = our_values([("投资[120万元]MONEY。", 0, "1200000 元")], UNITS)
    assert value.low == Decimal(1200000)


def test_a_label_that_a_system_can_not_read_has_no_figure():
    cell = {"right": 1, "cases": 2}
    rows = [
        {"system": name, "MONEY": cell, "POVERTY_RATE": rate, "MEASURE": cell, "all": rate}
        for name, rate in (("ours", cell), ("theirs", None))
    ]
    page = as_markdown(rows, ["[x]MONEY"], 2)
    assert "| theirs | 50.0 % | – | 50.0 % | – |" in page
    assert "- [x]MONEY" in page


def test_cases_name_a_wrong_line(tmp_path):
    path = tmp_path / "cases.tsv"
    path.write_text("# head\n[3户]MEASURE\t3 户 | 4 户\n", encoding="utf8")
    with pytest.raises(ValueError, match=r"cases.tsv:2"):
        read_cases(path)
    with pytest.raises(ValueError, match=r"cases.tsv:2"):
        main(path, tmp_path)
