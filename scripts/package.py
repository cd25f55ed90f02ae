"""Package the trained pipeline with its own code as one wheel."""

import json
import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import spacy
import typer
from spacy.cli.package import package as spacy_package

from scripts import components  # noqa: F401  (registers what the pipeline is made of)
from scripts.annotation.spans import LABELS

_SHOWN = {"p": "p", "r": "r", "f": "f"}


def performance(scorecard: dict[str, Any]) -> dict[str, Any]:
    """spaCy's ``performance`` of meta.json: shares, not percent, from the scorecard's means."""
    found: dict[str, Any] = {}
    for layer, name in (("flat", "ents"), ("nested", "spans_sc")):
        scores = scorecard["all pages"][layer]
        for figure in _SHOWN:
            found[f"{name}_{figure}"] = round(scores["all"][figure]["mean"] / 100, 4)
        found[f"{name}_per_type"] = {
            label: {f: round(scores[label][f]["mean"] / 100, 4) for f in _SHOWN} for label in LABELS
        }
    return found


def main(
    model: Annotated[Path, typer.Argument(help="The trained pipeline.")],
    meta: Annotated[Path, typer.Argument(help="meta.json: name, version, licence, sources.")],
    scorecard: Annotated[Path, typer.Argument(help="The scorecard whose means go into meta.json.")],
    code: Annotated[Path, typer.Argument(help="Folder of the modules that ship in the wheel.")],
    out: Annotated[Path, typer.Argument(help="Folder for the package and its wheel.")],
) -> None:
    """Package the trained pipeline as one wheel, with its own code and a complete meta.json."""
    described = json.loads(meta.read_text(encoding="utf8"))
    modules = sorted(path for path in code.glob("*.py") if path.stem != "__init__")
    for path in modules:
        # spaCy runs each file as a module that it doesn't register, where dataclasses look.
        sys.modules.setdefault(path.stem, import_module(f"scripts.components.{path.stem}"))
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    with TemporaryDirectory(dir=out.parent) as folder:
        nlp = spacy.load(model)
        nlp.meta.update(described)
        nlp.meta["performance"] = performance(json.loads(scorecard.read_text(encoding="utf8")))
        nlp.to_disk(folder)
        spacy_package(Path(folder), out, code_paths=modules, create_sdist=False, create_wheel=False)
    name = f"{described['lang']}_{described['name']}-{described['version']}"
    # spaCy builds in an isolated environment, which needs a network; setuptools is in the lock.
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", str(out / name)], check=True
    )
    (wheel,) = (out / name / "dist").glob("*.whl")
    typer.echo(f"{wheel}: {wheel.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    typer.run(main)
