"""Word pieces of the view, so that a transformer reads a scraped page as if it were clean.

A transformer of ``spacy-curated-transformers`` splits each token into pieces of its own
vocabulary. Here it gets the token's ``NORM`` (Simplified, half-width, lower case), numbers with
their digits, and no pieces for a gloss, a soft hyphen or a line break: their vectors are zeros.
"""

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import spacy
from spacy.tokens import Doc, Token
from thinc.api import Model, reduce_mean
from thinc.types import Floats2d, Ragged

from .tokenizer import ARTEFACT, BREAK

# The NORMs that the tokenizer gives to tokens that are no part of the text.
_INVISIBLE = frozenset([BREAK, ARTEFACT])


@dataclass(frozen=True)
class Seen:
    """What a piece encoder asks of a token."""

    text: str

    @property
    def lower_(self) -> str:
        """The text in lower case."""
        return self.text.lower()

    @property
    def is_space(self) -> bool:
        """Whether the token gets no pieces."""
        return not self.text


def seen(token: Token) -> Seen:
    """The text of a token that the transformer reads; empty for what is no part of the page."""
    if token.norm_ in _INVISIBLE:
        return Seen("")
    if token.text[0].isdigit():  # its NORM is a shape
        return Seen(unicodedata.normalize("NFKC", token.text))
    return Seen(token.norm_)


@spacy.registry.architectures("zh_poverty_news.ViewPieces.v1")
def view_pieces(pieces: Model[Any, Any]) -> Model[Any, Any]:
    """A piece encoder that reads the view.

    pieces: one without layers, such as ``spacy-curated-transformers.BertWordpieceEncoder.v1``.
    The two share name and attributes, for that is where loaders put the vocabulary.
    """

    def forward(
        model: Model[Any, Any], docs: list[Doc], is_train: bool
    ) -> tuple[Any, Callable[[Any], Any]]:
        views: list[list[Seen]] = [[seen(token) for token in doc] for doc in docs]
        found, backprop = pieces._func(model, views, is_train)
        return found, backprop

    return Model(pieces.name, forward, attrs=pieces.attrs)


@spacy.registry.layers("zh_poverty_news.mean_of_pieces.v1")
def mean_of_pieces() -> Model[Ragged, Floats2d]:
    """One vector per token: the mean over its pieces; zeros where it has none.

    thinc's ``reduce_mean.v1`` gives vectors of no width where no token has a piece.
    """
    mean: Model[Ragged, Floats2d] = reduce_mean()

    def forward(
        model: Model[Ragged, Floats2d], pieces: Ragged, is_train: bool
    ) -> tuple[Floats2d, Callable[[Floats2d], Ragged]]:
        if len(pieces.dataXd):
            return mean(pieces, is_train)
        vectors = model.ops.alloc2f(len(pieces.lengths), cast(Any, pieces.dataXd).shape[1])
        return vectors, lambda d_vectors: pieces

    return Model("mean_of_pieces", forward)
