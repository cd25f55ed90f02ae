"""Package the trained pipeline with its own code and its model card as one wheel."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import spacy
import typer
from spacy.cli.package import package as spacy_package

from scripts import components  # noqa: F401  (registers what the pipeline is made of)
from scripts.annotation.spans import LABELS
from scripts.components.whole import CHECKSUMS, checksums
from scripts.files import write_whole
from scripts.reporting.measured import read_measured
from scripts.results import filled
from scripts.version import project_version

_INIT = '''"""{description}"""

from pathlib import Path
from typing import Any

from spacy.language import Language
from spacy.util import get_model_meta, load_model_from_init_py

{imports}

__version__ = get_model_meta(Path(__file__).parent)["version"]


def load(**overrides: Any) -> Language:
    """The pipeline; keyword arguments as for `spacy.load`."""
    whole.check(Path(__file__).parent / "{folder}")
    return load_model_from_init_py(__file__, **overrides)
'''
# Every file in the wheel gets this time, so that the same files give the same wheel.
_TIME = "1577836800"
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
    metrics: Annotated[Path, typer.Argument(help="Folder with scorecard.json and the like.")],
    measured: Annotated[Path, typer.Argument(help="Folder of what was measured once.")],
    card: Annotated[Path, typer.Argument(help="The model card, with marked figures.")],
    licence: Annotated[Path, typer.Argument(help="LICENSE.")],
    code: Annotated[Path, typer.Argument(help="Folder of the modules that ship in the wheel.")],
    out: Annotated[Path, typer.Argument(help="Folder for the package and its wheel.")],
) -> None:
    """Package the trained pipeline as one wheel, with its own code and a complete meta.json."""
    described = json.loads(meta.read_text(encoding="utf8")) | {"version": project_version()}
    found = read_measured(metrics, measured)
    if found["scorecard"] is None:
        typer.secho(f"{metrics / 'scorecard.json'}: run the command evaluate", fg="red", err=True)
        raise typer.Exit(1)
    modules = sorted(path for path in code.glob("*.py") if path.stem != "__init__")
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    with TemporaryDirectory(dir=out.parent) as folder:
        nlp = spacy.load(model)
        nlp.meta.update(described)
        nlp.meta["performance"] = performance(found["scorecard"])
        nlp.to_disk(folder)
        text = filled(card.read_text(encoding="utf8"), found, str(card))
        write_whole(Path(folder) / "README.md", text)
        shutil.copy(licence, folder)
        spacy_package(Path(folder), out, create_sdist=False, create_wheel=False)
    package = f"{described['lang']}_{described['name']}"
    name = f"{package}-{described['version']}"
    # Not by spaCy's `code_paths`: it runs each file by itself, and they import each other.
    for path in modules:
        shutil.copy(path, out / name / package)
    data = out / name / package / name
    shutil.copy(out / name / "meta.json", data)  # as setup.py does, before the sums are taken
    write_whole(data / CHECKSUMS, json.dumps(checksums(data), indent=1))
    imports = f"from . import {', '.join(path.stem for path in modules)}"
    init = _INIT.format(description=described["description"], imports=imports, folder=name)
    write_whole(out / name / package / "__init__.py", init)
    # spaCy builds in an isolated environment, which needs a network; setuptools is in the lock.
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", str(out / name)],
        check=True,
        env=os.environ | {"SOURCE_DATE_EPOCH": _TIME},
    )
    (wheel,) = (out / name / "dist").glob("*.whl")
    typer.echo(f"{wheel}: {wheel.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    typer.run(main)
