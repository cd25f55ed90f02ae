"""Token vectors: blind to artefacts, aware of the lexicon, the same whole and in pieces."""

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.components import tok2vec
from scripts.components.encoder import dilated_encoder
from scripts.components.tok2vec import (
    char_embed,
    features,
    make_lexicon,
    visible,
    visible_tok2vec,
)
from scripts.learning.examples import blank_pipeline

NLP = blank_pipeline()
LEXICON = make_lexicon({"发展": 0, "秦安县": 3, "五营镇": 4, "五营": 5})


@pytest.fixture(scope="module")
def model():
    embed = char_embed(width=8, rows=[50, 50, 2, 0, 0], widths=[8, 8, 4, 0, 0], pieces=2)
    model = visible_tok2vec(embed, dilated_encoder(width=8, dilations=[1, 2], pieces=2))
    return model.initialize(X=[NLP("秦安县")])


@pytest.mark.parametrize(
    ("clean", "damaged"),
    [
        ("秦安县五营镇徐洼村", "秦安縣(xiàn)五營鎮(zhèn)徐洼村"),
        ("投资120万元", "投资120 万元"),
        ("建成35米便民桥", "建\u00ad成３５米便\u200b民桥"),
        ("贫困发生率35.21%", "貧困發(fā)生率３５．２１％"),
    ],
)
def test_artefacts_do_not_change_what_the_model_sees(model, clean, damaged):
    doc = NLP(damaged)
    seen = model.predict([doc])[0]
    numpy.testing.assert_allclose(seen[visible(doc)], model.predict([NLP(clean)])[0], atol=1e-5)
    assert not seen[~visible(doc)].any()


def plain(doc):
    (table,) = features([doc], {})
    return table


def test_a_line_break_is_seen_but_takes_no_place(model):
    clean, broken = NLP("秦安县徐洼村"), NLP("秦安县\n\n徐洼村")
    assert plain(broken)[:, :2].tolist() == plain(clean)[:, :2].tolist()
    assert plain(broken)[:, 2].tolist() == [1, 0, 0, 1, 0, 0]


@given(st.text())
def test_any_text_has_one_row_per_token(text):
    embed = char_embed(width=4, rows=[9, 9, 2, 9, 9], widths=[4, 4, 4, 4, 4], pieces=2)
    model = visible_tok2vec(embed, dilated_encoder(width=4, dilations=[1], pieces=2))
    model.initialize(X=[NLP("秦安县")])
    doc = NLP.make_doc(text)
    assert model.predict([doc])[0].shape == (len(doc), 4)


def test_a_document_does_not_see_its_neighbour(model):
    docs = [NLP("秦安县"), NLP("五营镇徐洼村")]
    together = model.predict(docs)
    for doc, vectors in zip(docs, together, strict=True):
        numpy.testing.assert_allclose(vectors, model.predict([doc])[0], atol=1e-5)


@pytest.mark.parametrize(
    ("text", "names", "words"),
    [
        ("秦安縣", [13, 14, 15], [0, 0, 0]),
        ("五营(yíng)镇", [17, 18, 19], [0, 0, 0]),
        ("五营村", [21, 23, 0], [0, 0, 0]),
        ("发展", [0, 0], [1, 256]),
        ("发", [0], [0]),
    ],
)
def test_lexicon_columns(text, names, words):
    (table,) = features([NLP(text)], LEXICON)
    assert table[:, 3].tolist() == names
    assert table[:, 4].tolist() == words


def test_the_lexicon_travels_with_the_weights():
    def make():
        embed = char_embed(width=4, rows=[9, 9, 2, 9, 9], widths=[4, 4, 4, 4, 4], pieces=2)
        encode = dilated_encoder(width=4, dilations=[1], pieces=2)
        return visible_tok2vec(embed, encode).initialize(X=[NLP("秦安县")])

    model = make()
    model.attrs["lexicon"] = LEXICON
    assert make().from_bytes(model.to_bytes()).attrs["lexicon"] == LEXICON


def test_a_long_text_is_read_in_pieces_that_do_not_show(model, monkeypatch):
    docs = [NLP("秦安县五营镇徐洼村236户"), NLP(""), NLP("甘肃省天水市委组织部")]
    whole = model.predict(docs)
    monkeypatch.setattr(tok2vec, "_PIECE", 3)
    for pieces, vectors in zip(model.predict(docs), whole, strict=True):
        numpy.testing.assert_allclose(pieces, vectors, atol=1e-5)


def test_each_row_is_embedded_as_in_training():
    embed = char_embed(width=8, rows=[50, 50, 2, 9, 9], widths=[8, 8, 4, 4, 4], pieces=2)
    ids = features([NLP("秦安县五营镇五营镇"), NLP(""), NLP("秦安縣\n\n发展")], LEXICON)
    embed.initialize(X=ids)
    for predicted, learned in zip(embed.predict(ids), embed(ids, is_train=True)[0], strict=True):
        numpy.testing.assert_allclose(predicted, learned, atol=1e-5)


def test_wrong_number_of_columns_is_refused():
    with pytest.raises(ValueError, match="5 rows and widths"):
        char_embed(width=4, rows=[9], widths=[4], pieces=2)
