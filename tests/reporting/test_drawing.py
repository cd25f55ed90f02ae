import re
from html import unescape

import pytest

from scripts.annotation.spans import Span
from scripts.reporting.drawing import drawn, value


def bare(html):
    return unescape(re.sub("<[^>]*>", "", html))


TEXT = "甘肃省<b>天水市委&组织部联系236户"
ORG, LOC, COUNT = Span(0, 14, "ORG"), Span(0, 3, "LOC"), Span(16, 20, "MEASURE")
TAGS = {ORG: "ORG", LOC: "620000", COUNT: "236户"}


def test_the_text_itself_stays():
    html = drawn(TEXT, TAGS, TAGS, aside=[(14, 16)])
    assert bare(html) == TEXT
    assert "<b>" not in html


def test_each_span_has_its_tag_once_and_nested_ones_lie_deeper():
    html = drawn(TEXT, TAGS, TAGS)
    for tag in TAGS.values():
        assert html.count(f'data-tag="{tag}"') == 1
    assert 'class="u ORG r0' in html
    assert 'class="u LOC r1' in html
    assert 'class="u MEASURE r0' in html


def test_spans_that_cross_are_drawn_too():
    spans = [Span(0, 4, "ORG"), Span(2, 6, "LOC")]
    html = drawn("一二三四五六七", spans, {span: span.label for span in spans})
    assert bare(html) == "一二三四五六七"
    assert html.count("data-tag") == 2


def test_a_tag_longer_than_its_span_gets_room():
    span = Span(0, 2, "POVERTY_RATE")
    assert "margin-right:" in drawn("3%以下", [span], {span: "POVERTY_RATE"})
    assert "margin-right:" not in drawn("3%以下", [span], {span: "≤"})


@pytest.mark.parametrize(
    ("low", "high", "unit", "said"),
    [
        (1.2e6, 1.2e6, "元", "120万元"),
        (500, 600, "平方米", "500–600平方米"),
        (None, 3, "%", "≤3%"),
        (1000, None, "元", "≥1000元"),
        (None, None, "元", "?"),
        (2.5e8, 2.5e8, None, "2.5亿"),
    ],
)
def test_values(low, high, unit, said):
    assert value(low, high, unit) == said
