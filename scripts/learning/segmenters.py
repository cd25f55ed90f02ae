"""Words of a running segmenter as a feature: what the lexicon is measured against.

jieba (MIT, the extra pretrain), or spacy-pkuseg with a model that `scripts.lexicon` trains. The
wheel has neither: docs/measured/ablation.md tells what they are worth and cost.
"""

from collections.abc import Callable
from functools import cache
from typing import Any, cast

import numpy
import spacy
import spacy_pkuseg
from spacy.tokens import Doc
from thinc.api import Model, chain
from thinc.types import Floats2d, Ints2d

from scripts.components.tok2vec import features, spread_out, visible

Segmenter = Callable[[str], list[str]]
_LONGEST = 7


@spacy.registry.misc("zh_poverty_news.JiebaWords.v1")
def jieba_words() -> Segmenter:
    """jieba with its own dictionary."""
    import jieba  # noqa: PLC0415  (an extra)

    return cast(Segmenter, jieba.lcut)


@spacy.registry.misc("zh_poverty_news.PkusegWords.v1")
def pkuseg_words(model: str) -> Segmenter:
    """spacy-pkuseg with the model in a folder."""
    return cast(Segmenter, _pkuseg(model).cut)


@cache
def _pkuseg(model: str) -> spacy_pkuseg.pkuseg:
    return spacy_pkuseg.pkuseg(model)


@spacy.registry.architectures("zh_poverty_news.WordTok2Vec.v1")
def word_tok2vec(
    embed: Model[list[Ints2d], list[Floats2d]],
    encode: Model[list[Floats2d], list[Floats2d]],
    segmenter: Segmenter,
) -> Model[list[Doc], list[Floats2d]]:
    """VisibleTok2Vec whose last feature is a token's place in its word and the word's length."""
    inner: Model[list[Ints2d], list[Floats2d]] = chain(embed, encode)
    known: dict[str, numpy.ndarray] = {}

    def ids(docs: list[Doc], learns: bool) -> list[Ints2d]:
        found = features(docs, {})
        for doc, table in zip(docs, found, strict=True):
            # One character for each visible token; a number or a Latin word is one, too.
            shown = zip(doc, visible(doc), strict=True)
            text = "".join(t.norm_ if len(t.norm_) == 1 else "0" for t, seen in shown if seen)
            column = known.get(text)
            if column is None:
                column = _column(segmenter(text))
            if learns:  # texts come again in training; what reads pages has to segment them
                known[text] = column
            cast(Any, table)[:, -1] = column
        return found

    def forward(
        model: Model[list[Doc], list[Floats2d]], docs: list[Doc], is_train: bool
    ) -> tuple[list[Floats2d], Callable[[list[Floats2d]], list[Doc]]]:
        encoded, backprop = inner(ids(docs, is_train), is_train)
        seen = [visible(doc) for doc in docs]
        vectors = [spread_out(model, rows, mask) for rows, mask in zip(encoded, seen, strict=True)]

        def backward(d_vectors: list[Floats2d]) -> list[Doc]:
            backprop([cast(Any, d)[mask] for d, mask in zip(d_vectors, seen, strict=True)])
            return []

        return vectors, backward

    def init(
        model: Model[list[Doc], list[Floats2d]],
        X: list[Doc] | None = None,
        Y: list[Floats2d] | None = None,
    ) -> None:
        inner.initialize(X=ids(X, learns=False) if X else None)

    dims: dict[str, int | None] = {"nO": encode.get_dim("nO")}
    return Model("word_tok2vec", forward, init=init, layers=[inner], dims=dims)


def _column(words: list[str]) -> numpy.ndarray:
    """For each character: does its word begin, go on or end here, or is it one; how long is it."""
    places = []
    for word in words:
        size = len(word)
        for at in range(size):
            place = 3 if size == 1 else 0 if at == 0 else 2 if at == size - 1 else 1
            places.append(1 + 4 * min(size, _LONGEST) + place)
    return numpy.array(places, dtype="uint64")
