"""What ships inside the wheel: small modules that register themselves with spaCy.

They import each other by relative names, for the wheel holds them side by side in its own package.
"""

from scripts.components import (
    confidence,
    encoder,
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
    "encoder",
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
