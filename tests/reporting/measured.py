"""Measured files of the contracts, small and invented, for the tests of the report."""

import json

from scripts.annotation.spans import LABELS

ROWS = (*LABELS, "all")


def spread(f, sd=0.5):
    figure = {"mean": f, "sd": sd}
    return {label: dict.fromkeys("prf", figure) | {"gold": {"mean": 10}} for label in ROWS}


def layers(f):
    return {layer: spread(f) for layer in ("flat", "nested", "suggested")}


MEASURED = {
    "scorecard": {name: layers(88) for name in ("all pages", "simplified", "traditional")},
    "agreement": {"pass a and pass b": {"all": {"exact": 99.6}}},
    "corpus": {
        "gold nested": dict.fromkeys(LABELS, 5),
        "written spans": dict.fromkeys(LABELS, 500),
        "distinct written strings": dict.fromkeys(LABELS, 400),
        "read spans": dict.fromkeys(LABELS, 600),
        "sentences": 1234,
        "sentences read": 2345,
        "sentences by register": {"interview": 1234},
        "sentences by script": {"simplified": 1000, "traditional": 234},
        "sentences without a span": 99,
    },
    "calibration": {
        "ece": 0.03,
        "bins": [
            {"from": 0.5, "to": 0.6, "count": 0, "confidence": 0.0, "right": 0.0},
            {"from": 0.9, "to": 1.0, "count": 90, "confidence": 0.95, "right": 0.97},
        ],
        "per_label": dict.fromkeys(LABELS, 0.03) | {"POVERTY_RATE": None},
    },
    "robustness": {"variants": {"clean": layers(88), "no punctuation": layers(87.5)}},
    "benchmark": {
        "tables": [
            {
                "machine": "two cores",
                "texts": "seed pages",
                "characters": 9005,
                "systems": [
                    {
                        "name": name,
                        "version": "1.0",
                        "f": dict.fromkeys(ROWS, 80.0),
                        "characters_per_second": 40000,
                        "load_seconds": 1.2,
                        "peak_mb": 300,
                        "installed_mb": 90,
                    }
                    for name in ("zh_poverty_news_sm", "another")
                ],
            }
        ]
    },
    "ablation": {
        "rows": [
            {
                "name": "characters",
                "folds": {row: {"mean": 80, "sd": 1} for row in ROWS},
                "validation": {row: {"mean": 81, "sd": 1} for row in ROWS},
                "characters_per_second": 50000,
            }
        ]
    },
    "curve": {
        "shares": [
            {
                "share": share,
                "sentences": 12 * share,
                "pages": share // 25,
                "flat": spread(70 + share / 6),
                "nested": spread(69 + share / 6),
                "runs": {"flat": [70 + share / 6], "nested": [69 + share / 6]},
            }
            for share in (25, 50, 75, 100)
        ]
    },
}


def write(folder, pages, without=()):
    """Every measured file; predictions are the gold but for every fifth span."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in MEASURED.items():
        if name not in without:
            (folder / f"{name}.json").write_text(json.dumps(content), encoding="utf8")
    rows = [
        {"run": run, "page": page.id, "start": s.start, "end": s.end, "label": s.label, "score": 1}
        for run in range(3)
        for page in pages
        for i, s in enumerate(page.gold)
        if (i + run) % 5
    ]
    if "predictions" not in without:
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        (folder / "predictions.jsonl").write_text(lines, encoding="utf8")
