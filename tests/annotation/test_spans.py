"""The laws that a set of spans keeps."""

import pytest

from scripts.annotation.marks import parse
from scripts.annotation.spans import Span, flat, problems


@pytest.mark.parametrize(
    "marked",
    [
        "[[甘肃省]LOC[天水市]LOC委组织部]ORG联系[秦安县]LOC[五营镇]LOC",
        "[[秦安]LOC水库]LOC",
        "认真指导[村“两委”]ORG班子",
        "广安[华?市]LOC的[华?]LOC率先摘帽",
        "以[[徽县]LOC“两新”组织工委]ORG为例",
    ],
)
def test_allowed(marked):
    assert list(problems(*parse(marked))) == []


@pytest.mark.parametrize(
    ("text", "spans", "message"),
    [
        ("秦安县", [Span(0, 3, "GPE")], "unknown label"),
        ("秦安县", [Span(0, 4, "LOC")], "outside the text"),
        ("秦安县", [Span(1, 1, "LOC")], "empty"),
        ("秦安县 ", [Span(0, 4, "LOC")], "begins or ends with white space"),
        ("\n秦安县", [Span(0, 4, "LOC")], "begins or ends with white space"),
        ("秦安县，", [Span(0, 4, "LOC")], "ends with punctuation"),
        ("“两新”组织工委", [Span(0, 8, "ORG")], "begins with punctuation"),
        ("到了华?", [Span(2, 4, "LOC")], "ends with punctuation"),
        ("秦安县", [Span(0, 3, "LOC"), Span(0, 3, "LOC")], "twice"),
        ("秦安县", [Span(0, 3, "LOC"), Span(0, 3, "ORG")], "the same characters"),
        ("秦安县委", [Span(0, 3, "LOC"), Span(2, 4, "ORG")], "crosses"),
        ("秦安3户村", [Span(0, 5, "LOC"), Span(2, 4, "MEASURE")], "only a LOC nests"),
        ("县委县政府", [Span(0, 5, "ORG"), Span(0, 2, "ORG")], "only a LOC nests"),
    ],
)
def test_refused(text, spans, message):
    assert any(message in problem for problem in problems(text, spans))


@pytest.mark.parametrize(
    ("marked", "kept"),
    [
        ("[[秦安县]LOC林业局]ORG", ["秦安县林业局"]),
        ("[[甘肃省]LOC[天水市]LOC委]ORG和[秦安县]LOC", ["甘肃省天水市委", "秦安县"]),
        ("[236户]MEASURE[1136人]MEASURE", ["236户", "1136人"]),
    ],
)
def test_flat_keeps_the_longest(marked, kept):
    text, spans = parse(marked)
    assert [text[span.start : span.end] for span in flat(spans)] == kept
