"""Candidates for the span categorizer."""

from collections.abc import Iterable
from typing import cast

import numpy
import spacy
from spacy.pipeline.spancat import Suggester
from spacy.tokens import Doc
from thinc.api import Ops, get_current_ops
from thinc.types import Ints2d, Ragged


@spacy.registry.misc("zh_poverty_news.found_spans_suggester.v1")
def found_spans_suggester(spans_key: str) -> Suggester:
    """Suggest the entities of each Doc and the spans that an earlier component found.

    spans_key: the group of ``doc.spans`` that a span finder writes. Every candidate is
    suggested once; a Doc without any suggests none.
    """

    def suggest(docs: Iterable[Doc], *, ops: Ops | None = None) -> Ragged:
        ops = ops or get_current_ops()
        rows, lengths = [], []
        for doc in docs:
            found = {(span.start, span.end) for span in doc.spans.get(spans_key, ())}
            found.update((ent.start, ent.end) for ent in doc.ents)
            rows += sorted(found)
            lengths.append(len(found))
        table = numpy.asarray(rows, dtype="int32").reshape(-1, 2)
        return Ragged(ops.asarray2i(cast(Ints2d, table)), ops.asarray1i(lengths))

    return suggest
