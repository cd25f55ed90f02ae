"""Candidates for the span categorizer."""

from collections.abc import Callable
from typing import cast

import spacy
from thinc.api import Linear, Logistic, Model, chain
from thinc.types import Floats2d


@spacy.registry.layers("zh_poverty_news.RareLogistic.v1")
def rare_logistic(
    nO: int | None = None, nI: int | None = None, offset: float = -4.0
) -> Model[Floats2d, Floats2d]:
    """A linear layer, an offset and a logistic layer: its first answer is "rarely".

    Without the offset an untrained span finder takes every token for a start and an end, and
    the first hundred steps of training go into millions of candidates.
    """

    def forward(
        model: Model[Floats2d, Floats2d], X: Floats2d, is_train: bool
    ) -> tuple[Floats2d, Callable[[Floats2d], Floats2d]]:
        return cast(Floats2d, X + offset), lambda d_out: d_out

    shift: Model[Floats2d, Floats2d] = Model("offset", forward)
    return chain(cast(Model[Floats2d, Floats2d], Linear(nO=nO, nI=nI)), shift, Logistic())
