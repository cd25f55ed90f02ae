"""Annotated text as a spaCy Doc: flat layer in ``doc.ents``, nested layer in ``doc.spans``."""

from collections.abc import Iterable

import spacy
from spacy.language import Language
from spacy.tokens import Doc

from scripts import components  # noqa: F401  (registers the pipeline's own functions)
from scripts.annotation.spans import Span, flat

# The nested layer, and the copy of it from which the span finder learns.
NESTED, CANDIDATES = "sc", "candidates"
# What the entity recognizer thinks likely, entities or not.
LIKELY = "likely"


def blank_pipeline() -> Language:
    """A pipeline with the project's tokenizer and nothing else."""
    tokenizer = {"@tokenizers": "zh_poverty_news.CharTokenizer.v1"}
    return spacy.blank("zh", config={"nlp": {"tokenizer": tokenizer}})


def annotated_doc(nlp: Language, text: str, spans: Iterable[Span]) -> Doc:
    """A reference Doc with both layers; `ValueError` where a span cuts a token in two."""
    doc = nlp.make_doc(text)
    placed: dict[Span, spacy.tokens.Span] = {}
    for span in sorted(spans):
        found = doc.char_span(span.start, span.end, span.label)
        if found is None:
            around = text[max(span.start - 10, 0) : span.end + 10]
            raise ValueError(
                f"{span.label} {text[span.start : span.end]!r} cuts a number or a Latin word in "
                f"two in {around!r}; move its edge"
            )
        placed[span] = found
    doc.set_ents([placed[span] for span in flat(placed)])
    doc.spans[NESTED] = list(placed.values())
    doc.spans[CANDIDATES] = list(placed.values())
    return doc


def nested_layer(doc: Doc) -> set[Span]:
    """The spans of ``doc.spans["sc"]`` as character offsets."""
    return {Span(s.start_char, s.end_char, s.label_) for s in doc.spans.get(NESTED, ())}


def flat_layer(doc: Doc) -> set[Span]:
    """The spans of ``doc.ents`` as character offsets."""
    return {Span(s.start_char, s.end_char, s.label_) for s in doc.ents}
