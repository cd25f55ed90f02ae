"""Tokenizer: what is one token, what the model sees of it, and that no character moves."""

import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st

from scripts.components.tokenizer import ARTEFACT, BREAK, shape, simplify, split
from scripts.learning.examples import blank_pipeline

NLP = blank_pipeline()
# Text that a page may hold: the traps of the tokenizer come often.
PAGE_TEXT = st.text(
    st.one_of(
        st.sampled_from(
            "縣鎮县徐洼村元万，。、（）() \n\r\t\u3000\u00ad\u200b\u2028?％.,．12３５kmＫ"
        ),
        st.characters(exclude_categories=["Cs"]),
    )
)


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("秦安县辖236户", ["秦", "安", "县", "辖", "236", "户"]),
        ("35.21%", ["35.21", "%"]),
        ("３５．２１％", ["３５．２１", "％"]),
        ("投资1,100万元", ["投", "资", "1,100", "万", "元"]),
        ("在3,5,7组", ["在", "3", ",", "5", ",", "7", "组"]),
        ("长15km的G7011线", ["长", "15", "km", "的", "G", "7011", "线"]),
        ("五營鎮(zhèn)徐洼村", ["五", "營", "鎮", "(zhèn)", "徐", "洼", "村"]),
        ("五營鎮（zhèn）", ["五", "營", "鎮", "（zhèn）"]),
        ("面積(km)", ["面", "積", "(", "km", ")"]),
        ("駐村幫\n\n扶", ["駐", "村", "幫", "\n\n", "扶"]),
        ("120 万元", ["120", "万", "元"]),
        ("华\u00ad蓥", ["华", "\u00ad", "蓥"]),
        ("𠮷林😀", ["𠮷", "林", "😀"]),
    ],
)
def test_tokens(text, tokens):
    assert split(text)[0] == tokens


@pytest.mark.parametrize(
    ("text", "norms"),
    [
        ("秦安縣", ["秦", "安", "县"]),
        ("精準(zhǔn)脫貧", ["精", "准", ARTEFACT, "脱", "贫"]),
        ("精准脫貧", ["精", "准", "脱", "贫"]),
        ("帮\n\n扶", ["帮", BREAK, "扶"]),
        ("2016年３２００畝", ["20dd", "年", "dddd", "亩"]),
        ("35．21％ 8KM", ["dd.dd", "%", "d", "km"]),
        ("，﹔：", [",", ";", ":"]),
    ],
)
def test_norm_is_the_view(text, norms):
    assert [token.norm_ for token in NLP(text)] == norms


def test_a_span_can_end_before_a_gloss():
    text = "聯(lián)系秦安縣五營鎮(zhèn)徐洼村"
    start = text.index("五營鎮")
    span = NLP(text).char_span(start, start + 3, "LOC")
    assert span is not None
    assert span.text == "五營鎮"


def test_a_gloss_inside_a_span_stays_inside():
    text = "市委組(zǔ)織部"
    span = NLP(text).char_span(0, len(text), "ORG")
    assert span.text == text


@given(PAGE_TEXT)
def test_no_character_moves(text):
    doc = NLP.make_doc(text)
    assert doc.text == text
    assert all(text[token.idx : token.idx + len(token)] == token.text for token in doc)


@given(PAGE_TEXT)
def test_simplify_keeps_the_length(text):
    assert len(simplify(text)) == len(text)


@given(st.text(min_size=1))
def test_shape_is_never_empty(text):
    assert shape(text)


def test_long_texts_of_unknown_words_do_not_fill_the_memory():
    nlp = blank_pipeline()
    nlp.tokenizer._norms = {str(i): 1 for i in range(200_000)}
    nlp("县abc")
    assert len(nlp.tokenizer._norms) == 200_000


def test_the_tokenizer_survives_saving(tmp_path):
    NLP.to_disk(tmp_path)
    text = "秦安縣(xiàn)２３６戶"
    assert [t.norm_ for t in spacy.load(tmp_path)(text)] == [t.norm_ for t in NLP(text)]
