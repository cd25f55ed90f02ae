"""What a model's scores are worth: calibration, tasks to annotate next, suspects in the gold."""

import json
import math
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from scripts.annotation.agreement import Disagreement, disagreements
from scripts.annotation.spans import Span

Calibration = Callable[[float], float]
# How often a settled gold span is wrong, before anything speaks against it.
_PRIOR = 0.05
_FEW = 2.0  # right and wrong ones that every step of a calibration is thought to have seen before


class PredictionError(ValueError):
    """Predictions that can't be used; the message names file, line and mend."""


@dataclass(frozen=True)
class Prediction:
    """A span that a model proposed, and its score from 0 to 1.

    run: which of several models with other seeds of randomness. page: where its offsets count.
    """

    run: int
    page: str
    span: Span
    score: float


def read_predictions(path: Path) -> list[Prediction]:
    """The nested predictions of ``predictions.jsonl``: run, page, start, end, label, score."""
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n")[:-1], 1):
        try:
            row = json.loads(line)
            span = Span(row["start"], row["end"], row["label"])
            found.append(Prediction(row["run"], row["page"], span, float(row["score"])))
        except (ValueError, KeyError, TypeError) as error:
            raise PredictionError(
                f"{path}:{number}: {error!r}; a line holds run, page, start, end, label, score"
            ) from error
    return found


def calibrate(seen: Iterable[tuple[float, bool]]) -> Calibration:
    """A rising step function from score to how often such a score is right.

    seen: scores of predictions that the model was not trained on, and whether each was right.
    Isotonic regression by pooling; without anything seen, a score is taken at its word.
    """
    ordered = sorted(seen)
    if not ordered:
        return lambda score: score
    blocks: list[list[float]] = []  # how many right, how many, lowest score
    for score, hit in ordered:
        if blocks and blocks[-1][2] == score:
            blocks[-1][0] += hit
            blocks[-1][1] += 1
        else:
            blocks.append([hit, 1, score])
    pooled: list[list[float]] = []
    for block in blocks:
        pooled.append(block)
        while len(pooled) > 1 and pooled[-2][0] * pooled[-1][1] >= pooled[-1][0] * pooled[-2][1]:
            right, of, _ = pooled.pop()
            pooled[-1][0] += right
            pooled[-1][1] += of
    share = sum(block[0] for block in pooled) / sum(block[1] for block in pooled)
    starts = [block[2] for block in pooled]
    values = [(block[0] + _FEW * share) / (block[1] + _FEW) for block in pooled]
    return lambda score: values[max(bisect_right(starts, score) - 1, 0)]


def uncertainty(confidences: Iterable[float]) -> float:
    """How unsure a model is of a text: of its least sure span; 0 where it sees nothing."""
    return 1 - min(confidences, default=1.0)


def choose(texts: Sequence[str], unsure: Sequence[float], count: int) -> list[int]:
    """The numbers of the `count` texts to annotate next: unsure, and unlike each other.

    Greedy: what a text is worth sinks with its likeness (cosine of character pairs) to the
    most similar text already chosen.
    """
    pairs = [Counter(map("".join, pairwise(text))) for text in texts]
    norms = [math.sqrt(sum(n * n for n in counts.values())) or 1.0 for counts in pairs]
    nearest = [0.0] * len(texts)
    chosen: list[int] = []
    left = set(range(len(texts)))
    while left and len(chosen) < count:
        best = max(left, key=lambda i: (unsure[i] * (1 - nearest[i]), -i))
        chosen.append(best)
        left.remove(best)
        for i in left:
            small, large = sorted((pairs[i], pairs[best]), key=len)
            dot = sum(n * large[pair] for pair, n in small.items())
            nearest[i] = max(nearest[i], dot / (norms[i] * norms[best]))
    return chosen


@dataclass(frozen=True)
class Suspect:
    """A place of the gold that models contradict which never saw it; score: from 0 to 1."""

    page: str
    found: Disagreement
    score: float


def suspects(
    gold: Mapping[str, Iterable[Span]], predictions: Iterable[Prediction]
) -> list[Suspect]:
    """Where out-of-fold predictions contradict the gold, the most suspicious place first.

    The score is the chance that the gold is wrong there: from how often such a prediction is
    right (calibrated, a contradiction counted as wrong), or, where the models see nothing,
    from how often they find spans of this label; averaged over the runs.
    """
    predictions = list(predictions)
    settled = {page: set(spans) for page, spans in gold.items()}
    runs = sorted({p.run for p in predictions})
    if not runs:
        return []
    by_run: dict[tuple[int, str], dict[Span, float]] = defaultdict(dict)
    for p in predictions:
        if p.page in settled:
            by_run[p.run, p.page][p.span] = p.score
    worth = {
        label: calibrate(
            (p.score, p.span in settled[p.page])
            for p in predictions
            if p.page in settled and p.span.label == label
        )
        for label in {p.span.label for p in predictions}
    }
    finds = _recall(settled, by_run, runs)
    scores: dict[tuple[str, Disagreement], float] = defaultdict(float)
    for page, spans in settled.items():
        for run in runs:
            predicted = by_run[run, page]
            for found in disagreements(spans, predicted):
                if found.b is not None:
                    likely = worth[found.b.label](predicted[found.b])
                else:
                    likely = finds.get(found.label, 0.0)
                scores[page, found] += _posterior(likely) / len(runs)
    ranked = [Suspect(page, found, score) for (page, found), score in scores.items()]
    return sorted(ranked, key=lambda s: (-s.score, s.page, s.found.place))


def _posterior(likely: float) -> float:
    """The chance that the gold is wrong, where a model contradicts it that is `likely` right."""
    return _PRIOR * likely / (_PRIOR * likely + (1 - _PRIOR) * (1 - likely) or 1.0)


def _recall(
    gold: Mapping[str, set[Span]],
    by_run: Mapping[tuple[int, str], Mapping[Span, float]],
    runs: Sequence[int],
) -> dict[str, float]:
    found: Counter[str] = Counter()
    there: Counter[str] = Counter()
    for page, spans in gold.items():
        for run in runs:
            there.update(span.label for span in spans)
            predicted = by_run.get((run, page), {})
            found.update(span.label for span in spans if span in predicted)
    return {label: (found[label] + _FEW / 2) / (there[label] + _FEW) for label in there}
