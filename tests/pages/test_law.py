"""The law of the view: every raw character is kept once or left out once, with its reason."""

import time
import unicodedata
from html import unescape
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.pages.document import Page, Paragraph, from_json, to_json
from scripts.pages.lost import Division
from scripts.pages.page import read_page

SEEDS = sorted(Path("seeds").glob("*.txt"))
NAMES = [
    Division("510000", "四川省", "province", ""),
    Division("511600", "广安市", "prefecture", "510000"),
    Division("511681", "华蓥市", "county", "511600"),
]
PIECES = st.one_of(
    st.text(max_size=5),
    st.sampled_from(
        [
            *"贫困發縣市記者\n\r\t 　\u00ad\u200b\ufeff?？□\ufffd,:;!()（）％．５Ａ﹔。，、：",
            "發(fā)展",
            "華?市",
            "(責編:高巍)",
            "推荐阅读\n",
            "——记交城县\n",
            "□ 郭晋\n",
            "《脱贫》摄\n",
            "首页>新闻>正文\n",
            "2016年12月13日10:07\n",
            "投资120万元建成一座长35米、宽4.5米的便民桥，解决了群众出行难、发展难的问题",
            "<p>",
            "</p>",
            "<h1>",
            "</h1>",
            "<title>",
            "</title>",
            "<br>",
            "<a href='x'>",
            "</a>",
            "<script>",
            "</script>",
            "<nav>",
            "</nav>",
            "<!-- ",
            "<![if x",
            "-->",
            "&nbsp;",
            "&amp",
            "&#36139;",
            "&#x8d2b",
            "&NotEqualTilde;",
            "<",
            ">",
            "&",
        ]
    ),
)


def paragraphs(page: Page) -> list[Paragraph]:
    return [p for document in page.documents for p in document.paragraphs]


def same(raw: str, char: str) -> bool:
    """Whether a view character is its raw range, read without width, blanks and damage."""
    raw = unescape(raw)
    if char == " ":
        return raw.isspace()
    fold = unicodedata.normalize("NFKC", raw), unicodedata.normalize("NFKC", char)
    return fold[0] == fold[1] or raw in ("?", "□", "\ufffd")


def check(raw: str, page: Page) -> None:
    uses = [0] * len(raw)
    for left in page.left_out:
        for at in range(left.start, left.end):
            uses[at] += 1
    is_left_out = [bool(use) for use in uses]
    for paragraph in paragraphs(page):
        assert paragraph.text
        assert len(paragraph.simplified) == len(paragraph.text)
        where = [paragraph.to_raw(at, at + 1) for at in range(len(paragraph.text))]
        for char, (start, end) in zip(paragraph.text, where, strict=True):
            assert same(raw[start:end], char), (raw[start:end], char)
            for at in range(start, end):
                uses[at] += 1
        for start, end in [(0, len(where)), *paragraph.sentences]:
            raw_start, raw_end = paragraph.to_raw(start, end)
            shown = [at for at in range(raw_start, raw_end) if not is_left_out[at]]
            assert shown == [at for span in where[start:end] for at in range(*span)]
    assert set(uses) <= {1}
    assert from_json(to_json(page)) == page


@pytest.mark.parametrize("path", SEEDS, ids=lambda path: path.stem[:3])
def test_law_of_the_seeds(path):
    raw = path.read_bytes().decode("utf-8")
    check(raw, read_page(raw, path.stem, NAMES))


@given(st.lists(PIECES, max_size=25).map("".join))
def test_law_of_any_string(raw):
    check(raw, read_page(raw, "any", NAMES))


@given(st.lists(PIECES, max_size=25).map("".join))
def test_law_of_any_html(raw):
    check("<p>" + raw, read_page("<p>" + raw, "any", NAMES))


def test_a_span_comes_back_to_the_page():
    raw = "秦安縣五營鎮(zhèn)徐洼村, 貧困發(fā)生率為35．21％。"
    paragraph = read_page(raw, "x").documents[0].paragraphs[0]
    assert paragraph.text == "秦安縣五營鎮徐洼村， 貧困發生率為35.21%。"
    for view, expected in [
        ("五營鎮", "五營鎮"),  # a gloss after the last character stays outside
        ("鎮徐洼村", "鎮(zhèn)徐洼村"),
        ("35.21%", "35．21％"),
    ]:
        at = paragraph.text.index(view)
        start, end = paragraph.to_raw(at, at + len(view))
        assert raw[start:end] == expected
    with pytest.raises(ValueError, match="no span"):
        paragraph.to_raw(3, 3)


@pytest.mark.parametrize(
    "piece",
    [
        "徽县有贫困户三十四户一百五十八人在去年年底前已经全部脱贫了，\n",
        "华?市脱贫34户。\n",
        "脱贫\n",
        "喜讯\n本报讯（记者张三）徽县脱贫34户。\n",
    ],
)
def test_time_grows_with_the_length(piece):
    seconds = []
    for length in (15_000, 120_000):
        text = piece * (length // len(piece))
        start = time.process_time()
        read_page(text, "x", NAMES)
        seconds.append(time.process_time() - start)
    assert seconds[1] < 24 * seconds[0]  # eight times the text; with its square it was 64
