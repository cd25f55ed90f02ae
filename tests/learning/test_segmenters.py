"""A segmenter's words as a feature of the token vectors."""

import numpy
import pytest
import spacy

from scripts.components.encoder import dilated_encoder
from scripts.components.tok2vec import char_embed
from scripts.learning import segmenters
from scripts.learning.examples import blank_pipeline


@spacy.registry.misc("test.Pairs.v1")
def pairs():
    """Cuts a text after every second character."""
    return lambda text: [text[i : i + 2] for i in range(0, len(text), 2)]


@pytest.mark.parametrize(
    ("cut", "column"),
    [
        (["秦安县", "的"], [13, 14, 15, 8]),  # begins, goes on, ends, alone
        (["徐洼"], [9, 11]),
        ([], []),
        (["一二三四五六七八九"], [29, *[30] * 7, 31]),  # longer words count as seven long
    ],
)
def test_place_in_the_word_and_its_length(cut, column):
    assert segmenters._column(cut).tolist() == column


def test_artefacts_get_zeros_and_cut_no_word():
    """A word goes through a gloss: what is visible has the vectors of the clean text."""
    model = segmenters.word_tok2vec(
        char_embed(8, [100, 0, 2, 0, 50], [8, 8, 4, 4, 8], 2), dilated_encoder(8, [1], 2), pairs()
    )
    nlp = blank_pipeline()
    clean, glossed = nlp.make_doc("精准扶贫"), nlp.make_doc("精准(zhǔn)扶贫")
    model.initialize(X=[clean])
    plain, spread = (model.predict([doc])[0] for doc in (clean, glossed))
    shown = numpy.flatnonzero(spread.any(axis=1))
    assert numpy.allclose(spread[shown], plain)
    assert len(spread) == len(glossed) > len(shown) == 4
