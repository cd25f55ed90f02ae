"""The files that hold what was measured, and the command of project.yml that makes each."""

import json
from pathlib import Path
from typing import Any

MEASURED_BY = {
    "scorecard": "evaluate",
    "calibration": "evaluate",
    "robustness": "evaluate",
    "agreement": "agreement",
    "corpus": "check",
    "benchmark": "benchmark",
    "ablation": "ablation",
    "curve": "curve",
}


def read_measured(*folders: Path) -> dict[str, Any]:
    """Content of each file by name, from the first folder that has it; None if none has."""
    found: dict[str, Any] = {}
    for name, command in MEASURED_BY.items():
        paths = [path for folder in folders if (path := folder / f"{name}.json").exists()]
        try:
            found[name] = json.loads(paths[0].read_text(encoding="utf8")) if paths else None
        except ValueError as error:
            raise ValueError(
                f"{paths[0]}: no JSON ({error}); run python -m spacy project run {command} --force"
            ) from error
    return found
