"""``span._.confidence``: how often a span with such a score is right.

A score is what the recognizer or the categorizer thinks of its own span. Calibration learns on
pages that a model has not seen what such a score is worth (Platt 1999): a line through the
log-odds, one for entities and one for the places inside them.
"""

import json
import math
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.training import Example

FACTORY = "confidence"
_EDGE = 1e-6  # a score of exactly 0 or 1 has no log-odds
_KINDS = ("entity", "inner")
Line = tuple[float, float]

if not Span.has_extension("confidence"):
    Span.set_extension("confidence", default=None)


def calibrated(score: float, line: Line) -> float:
    """The probability whose log-odds are ``slope * log-odds of score + intercept``."""
    score = min(max(score, _EDGE), 1 - _EDGE)
    odds = line[0] * math.log(score / (1 - score)) + line[1]
    return 1 / (1 + math.exp(-odds))


class Confidence:
    """Sets ``span._.confidence``, from 0 to 1, on the entities and the nested layer."""

    def __init__(self, spans_key: str) -> None:
        self.spans_key = spans_key
        self.lines: dict[str, Line] = dict.fromkeys(_KINDS, (1.0, 0.0))

    def __call__(self, doc: Doc) -> Doc:
        """`doc` whose nested layer has its confidences."""
        entities = {(ent.start, ent.end) for ent in doc.ents}
        group = doc.spans.get(self.spans_key, [])
        for span, score in zip(group, getattr(group, "attrs", {}).get("scores", ()), strict=False):
            kind = "entity" if (span.start, span.end) in entities else "inner"
            span._.confidence = round(calibrated(float(score), self.lines[kind]), 4)
        return doc

    def initialize(
        self,
        get_examples: Callable[[], Iterable[Example]],
        *,
        nlp: Language | None = None,
        calibration: Path | None = None,
    ) -> None:
        """Take the lines from the file that the step `evaluate` wrote; None: scores as they are."""
        if calibration is not None:
            self._set(json.loads(Path(calibration).read_text(encoding="utf8"))["lines"])

    def _set(self, lines: dict[str, list[float]]) -> None:
        self.lines = {kind: (lines[kind][0], lines[kind][1]) for kind in _KINDS}

    def to_bytes(self, **_: Any) -> bytes:
        """The calibration."""
        return json.dumps(self.lines).encode()

    def from_bytes(self, data: bytes, **_: Any) -> "Confidence":
        """The component with the calibration in `data`."""
        self._set(json.loads(data))
        return self

    def to_disk(self, path: str | Path, **_: Any) -> None:
        """Write the calibration as JSON."""
        Path(path).write_text(json.dumps(self.lines), encoding="utf8")

    def from_disk(self, path: str | Path, **_: Any) -> "Confidence":
        """The component with the calibration at `path`."""
        return self.from_bytes(Path(path).read_bytes())


def make_confidence(nlp: Language, name: str, spans_key: str = "sc") -> Confidence:
    """Factory; spans_key: the group whose ``attrs["scores"]`` are to be calibrated."""
    return Confidence(spans_key)


# The wheel and the repository hold the same factory; both may be loaded in one process.
if not Language.has_factory(FACTORY):
    Language.factory(
        FACTORY, assigns=["span._.confidence"], requires=["doc.spans"], func=make_confidence
    )
