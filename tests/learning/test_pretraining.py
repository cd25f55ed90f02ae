"""What the steps of the workflow `pretrain` make of tables and words."""

import pytest

from scripts.annotation.spans import Span
from scripts.check import check_readings
from scripts.lexicon import division_names

GANSU = {"name": "甘肃省", "level": "province", "short": "甘肃 甘 陇"}
QINAN = {"name": "秦安县", "level": "county", "short": ""}
PENGSHUI = {"name": "彭水苗族土家族自治县", "level": "county", "short": "彭水"}
WUYING = {"name": "五营镇", "level": "township", "short": "五营"}


@pytest.mark.parametrize(
    ("rows", "names"),
    [
        ([GANSU], {"甘肃省": 1, "甘肃": 5, "甘": 5, "陇": 5}),
        ([QINAN, WUYING], {"秦安县": 3, "五营镇": 4, "五营": 6}),
        ([PENGSHUI], {"彭水苗族土家族自治县": 3, "彭水": 5}),
        # The full name of one division wins over the short name of another.
        ([{**WUYING, "short": "秦安县"}, QINAN], {"五营镇": 4, "秦安县": 3}),
    ],
)
def test_names_of_divisions_have_the_class_of_their_level(rows, names):
    assert division_names(rows) == names


def test_a_sentence_is_read_once(tmp_path):
    row = '{"sentence": "0123456789abcdef", "reader": "a", "spans": [[0, 3, "LOC"]]}\n'
    (tmp_path / "a.jsonl").write_text(row, encoding="utf8")
    (tmp_path / "b.jsonl").write_text(row, encoding="utf8")
    (tmp_path / "c.jsonl").write_text("{}\n", encoding="utf8")
    readings, found = check_readings(sorted(tmp_path.glob("*.jsonl")))
    assert len(found) == 2
    assert "b.jsonl:1: 0123456789abcdef was read before" in found[0]
    assert "c.jsonl:1: KeyError" in found[1]
    assert readings == {"0123456789abcdef": [Span(0, 3, "LOC")]}
