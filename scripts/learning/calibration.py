"""Calibration: what the scores of spans are worth on pages that the model has not seen."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy

from scripts.annotation.spans import LABELS
from scripts.components.confidence import Line, calibrated

_BINS = 10
# A pull towards the score as it is, worth about as much as so many spans.
_PRIOR = 4.0
_SMALLEST = 1e-9  # a step below which a line is as good as it gets


@dataclass(frozen=True)
class Judged:
    """A predicted span: `kind` (entity or inner), score from 0 to 1, whether it was right."""

    page: str
    label: str
    kind: str
    score: float
    right: bool


def fit(seen: Iterable[Judged]) -> Line:
    """Slope and intercept of Platt's line through the log-odds, by Newton's method.

    A step that would go too far is halved: spans whose scores are all but 1 would otherwise
    send the slope to infinity.
    """
    judged = list(seen)
    scores = numpy.array([j.score for j in judged]).clip(1e-6, 1 - 1e-6)
    x = numpy.stack([numpy.log(scores / (1 - scores)), numpy.ones(len(judged))], axis=1)
    y = numpy.array([j.right for j in judged], dtype=float)
    start = numpy.array([1.0, 0.0])

    def loss(line: numpy.ndarray) -> float:
        odds = x @ line
        likelihood = numpy.logaddexp(0, odds).sum() - (y * odds).sum()
        return float(likelihood + _PRIOR / 2 * ((line - start) ** 2).sum())

    line = start.copy()
    for _ in range(50):
        p = 1 / (1 + numpy.exp(-x @ line))
        gradient = x.T @ (p - y) + _PRIOR * (line - start)
        hessian = (x * (p * (1 - p))[:, None]).T @ x + _PRIOR * numpy.eye(2)
        step = numpy.linalg.solve(hessian, gradient)
        while loss(line - step) > loss(line) and abs(step).max() > _SMALLEST:
            step /= 2
        line = line - step
    return float(line[0]), float(line[1])


def fit_kinds(seen: Sequence[Judged]) -> dict[str, Line]:
    """A line for entities and one for the places inside them."""
    return {kind: fit(j for j in seen if j.kind == kind) for kind in ("entity", "inner")}


def held_out(seen: Sequence[Judged]) -> list[tuple[Judged, float]]:
    """Each span with its confidence by lines that were fitted on the other pages."""
    found = []
    for page in sorted({j.page for j in seen}):
        lines = fit_kinds([j for j in seen if j.page != page])
        found += [(j, calibrated(j.score, lines[j.kind])) for j in seen if j.page == page]
    return found


def expected_error(confident: Sequence[tuple[Judged, float]]) -> float:
    """Expected calibration error over ten bins of equal width (Naeini et al. 2015)."""
    off = (abs(b["right"] - b["confidence"]) * b["count"] for b in bins(confident))
    return float(sum(off)) / max(len(confident), 1)


def bins(confident: Sequence[tuple[Judged, float]]) -> list[dict[str, Any]]:
    """The reliability table: per bin how many, their mean confidence and share of right ones."""
    table = []
    for number in range(_BINS):
        inside = [(j, c) for j, c in confident if min(int(c * _BINS), _BINS - 1) == number]
        if inside:
            table.append(
                {
                    "from": number / _BINS,
                    "to": (number + 1) / _BINS,
                    "count": len(inside),
                    "confidence": round(sum(c for _, c in inside) / len(inside), 4),
                    "right": round(sum(j.right for j, _ in inside) / len(inside), 4),
                }
            )
    return table


def report(seen: Sequence[Judged]) -> dict[str, Any]:
    """Lines for the pipeline, and what calibration reaches on pages it was not fitted on."""
    confident = held_out(seen)
    raw = [(j, j.score) for j in seen]
    return {
        "ece": round(expected_error(confident), 4),
        "ece_uncalibrated": round(expected_error(raw), 4),
        "bins": bins(confident),
        "per_label": {
            label: round(expected_error([(j, c) for j, c in confident if j.label == label]), 4)
            for label in LABELS
        },
        "lines": fit_kinds(seen),
    }
