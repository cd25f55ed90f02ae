"""What ships inside the wheel: small modules that register themselves with spaCy.

They don't import each other, so that ``spacy package --code`` can put them side by side.
"""

from scripts.components import (
    confidence,
    facts,
    layers,
    ner,
    ops,
    pieces,
    places,
    quantities,
    spans,
    tok2vec,
    tokenizer,
)

__all__ = [
    "confidence",
    "facts",
    "layers",
    "ner",
    "ops",
    "pieces",
    "places",
    "quantities",
    "spans",
    "tok2vec",
    "tokenizer",
]
