"""Strict scores of spans: right is only what has the same start, end and label."""

from collections import Counter
from collections.abc import Iterable, Mapping
from statistics import mean, stdev

from scripts.annotation.spans import LABELS, Span

Scores = dict[str, dict[str, float]]


class Counts:
    """Right, predicted and gold spans, counted per label over any number of texts."""

    def __init__(self) -> None:
        self.right: Counter[str] = Counter()
        self.predicted: Counter[str] = Counter()
        self.gold: Counter[str] = Counter()

    def add(self, gold: Iterable[Span], predicted: Iterable[Span]) -> None:
        """Count the spans of one text."""
        gold, predicted = set(gold), set(predicted)
        self.right.update(span.label for span in gold & predicted)
        self.predicted.update(span.label for span in predicted)
        self.gold.update(span.label for span in gold)

    def scores(self) -> Scores:
        """Precision, recall and F1 in percent per label and for ``all``, with the gold count."""
        return {
            label: _prf(self.right[label], self.predicted[label], self.gold[label])
            for label in LABELS
        } | {"all": _prf(self.right.total(), self.predicted.total(), self.gold.total())}


def _prf(right: int, predicted: int, gold: int) -> dict[str, float]:
    return {
        "p": 100 * right / predicted if predicted else 0.0,
        "r": 100 * right / gold if gold else 0.0,
        "f": 200 * right / (predicted + gold) if predicted + gold else 0.0,
        "gold": gold,
    }


def spread(runs: Iterable[Scores]) -> dict[str, dict[str, dict[str, float]]]:
    """Mean and standard deviation of each figure over runs with different seeds."""
    listed = list(runs)
    return {
        label: {figure: _mean([run[label][figure] for run in listed]) for figure in ("p", "r", "f")}
        | {"gold": {"mean": listed[0][label]["gold"]}}
        for label in listed[0]
    }


def _mean(values: list[float]) -> dict[str, float]:
    return {
        "mean": round(mean(values), 2),
        "sd": round(stdev(values), 2) if len(values) > 1 else 0.0,
    }


def table(rows: Mapping[str, Mapping[str, Mapping[str, Mapping[str, float]]]]) -> str:
    """A Markdown table of F1 (mean ± standard deviation), a row for each entry of `rows`."""
    lines = [
        "| F1 | " + " | ".join((*LABELS, "all")) + " |",
        "|---|" + "---|" * (len(LABELS) + 1),
    ]
    for name, scores in rows.items():
        cells = [
            f"{f['mean']:.1f} ± {f['sd']:.1f}" if scores[label]["gold"]["mean"] else "–"
            for label in (*LABELS, "all")
            for f in [scores[label]["f"]]
        ]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"
