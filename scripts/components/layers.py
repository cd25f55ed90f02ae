"""The two layers made one: nested spans are the entities and the places inside them."""

from spacy.language import Language
from spacy.tokens import Doc

FACTORY = "nested_layer"
_HOLDS_PLACES = {"ORG", "LOC"}


class NestedLayer:
    """Keeps in ``doc.spans`` the entities and each LOC inside an ORG or a longer LOC.

    That is what the annotation policy calls the nested layer, so the two layers can't
    contradict each other. What the span categorizer found elsewhere is dropped: measured
    leave-one-page-out and on unseen text, the entity recognizer is the better judge there.
    """

    def __init__(self, spans_key: str) -> None:
        self.spans_key = spans_key

    def __call__(self, doc: Doc) -> Doc:
        """`doc` with its nested layer, in the order of the text, longer spans first."""
        ents = {(ent.start, ent.end): ent for ent in doc.ents}
        outer = [ent for ent in doc.ents if ent.label_ in _HOLDS_PLACES]
        inner, at = [], 0
        for span in sorted(doc.spans.get(self.spans_key, ()), key=lambda span: span.start):
            while at < len(outer) and outer[at].end <= span.start:
                at += 1
            if (
                at < len(outer)
                and span.label_ == "LOC"
                and outer[at].start <= span.start
                and span.end <= outer[at].end
                and (span.start, span.end) not in ents
            ):
                inner.append(span)
        doc.spans[self.spans_key] = sorted(
            [*doc.ents, *inner], key=lambda span: (span.start, -span.end)
        )
        return doc


def make_nested_layer(nlp: Language, name: str, spans_key: str = "sc") -> NestedLayer:
    """Factory; spans_key: the group that the span categorizer writes."""
    return NestedLayer(spans_key)


# The wheel and the repository hold the same factory; both may be loaded in one process.
if not Language.has_factory(FACTORY):
    Language.factory(
        FACTORY, assigns=["doc.spans"], requires=["doc.ents", "doc.spans"], func=make_nested_layer
    )
