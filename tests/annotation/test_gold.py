"""Gold corpus, passes and sentences on disk: what is read, what is refused, with file and line."""

import pytest

from scripts.annotation.gold import GoldError, GoldSpan, read_gold, write_gold
from scripts.annotation.passes import PassError, read_pass
from scripts.annotation.sentences import SentenceError, read_sentences
from scripts.annotation.spans import Span
from scripts.settle import settle


def test_gold_round_trip(tmp_path):
    spans = [
        GoldSpan(0, 3, "LOC", "秦安县", ("a", "b")),
        GoldSpan(5, 8, "ORG", "县\u2028委", ("a",), "Only a saw it."),
    ]
    write_gold(tmp_path / "page.jsonl", spans)
    assert read_gold(tmp_path / "page.jsonl") == spans


def test_a_broken_gold_line_is_named(tmp_path):
    path = tmp_path / "page.jsonl"
    write_gold(path, [GoldSpan(0, 3, "LOC", "秦安县", ("a",))])
    path.write_text(path.read_text(encoding="utf8") + '{"start": 1}\n', encoding="utf8")
    with pytest.raises(GoldError, match=r"page\.jsonl:2"):
        read_gold(path)


@pytest.mark.parametrize(
    ("marked", "raw", "found"),
    [
        ("[秦安县]LOC[五营镇]LOC\n", "秦安县五营(yíng)镇(zhèn)徐", None),
        (
            "[秦安縣]LOC[五營鎮]LOC徐\n",
            "\n秦安縣(xiàn)五營(yíng)鎮(zhèn)徐\n",
            ["秦安縣", "五營(yíng)鎮"],
        ),
        ("驻村帮[扶办]ORG\n", "驻村帮\n\n扶办", ["扶办"]),
        ("驻村[帮扶办]ORG\n", "驻村帮\n\n扶办", ["帮\n\n扶办"]),
    ],
)
def test_a_pass_is_put_back_on_its_page(tmp_path, marked, raw, found):
    path = tmp_path / "page.txt"
    path.write_text(marked, encoding="utf8")
    if found is None:
        with pytest.raises(PassError, match=r"page\.txt"):
            read_pass(path, raw)
    else:
        assert [raw[s.start : s.end] for s in read_pass(path, raw)] == found


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("[秦安县", "never closed"),
        ("[秦安县，]LOC", "ends with punctuation"),
        ("[秦安县]GPE", "one of ORG"),
    ],
)
def test_a_broken_sentence_is_named(tmp_path, line, message):
    path = tmp_path / "interview.txt"
    path.write_text(f"[岔口村]LOC\n{line}\n", encoding="utf8")
    with pytest.raises(SentenceError, match=message) as error:
        read_sentences(path)
    assert "interview.txt:2" in str(error.value)


def test_settle_keeps_what_both_have_and_asks_for_the_rest():
    loc, org = Span(0, 3, "LOC"), Span(0, 6, "ORG")
    passes = {"a": [loc, org], "b": [loc]}
    gold, open_points = settle("秦安县林业局", passes, {})
    assert [span.span for span in gold] == [loc]
    assert "only in pass a" in open_points[0]
    gold, open_points = settle("秦安县林业局", passes, {org: (True, "A body with a name.")})
    assert [(s.span, s.passes, s.settled) for s in gold] == [
        (org, ("a",), "A body with a name."),
        (loc, ("a", "b"), None),
    ]
    assert not open_points
