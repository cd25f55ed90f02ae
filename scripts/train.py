"""Train one pipeline from a config, for a fixed number of steps.

No checkpoint is picked by its score: the last one is kept, so that a test page never chooses
the model that it measures. One thread: more of them don't help matrices this small, and the
sums stay the same from run to run.
"""

import os

for _library in ("OMP", "OPENBLAS", "MKL", "BLIS"):
    os.environ.setdefault(f"{_library}_NUM_THREADS", "1")

import io
import shutil
import tempfile
from contextlib import nullcontext, redirect_stdout
from pathlib import Path
from typing import Any

import typer
from spacy.cli._util import parse_config_overrides
from spacy.cli.train import train as spacy_train

from scripts.learning import corpus, pretrained  # noqa: F401  (register what configs name)


def train(config: Path, out: Path, overrides: dict[str, Any], quiet: bool = False) -> None:
    """Train `config` with `overrides` (dotted names) and put the pipeline at `out`.

    The folder appears when the training is over, never half-written. Overrides in the variable
    SPACY_CONFIG_OVERRIDES, as for ``spacy train``, come last.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}-") as unfinished:
        with redirect_stdout(io.StringIO()) if quiet else nullcontext():
            spacy_train(config, unfinished, overrides=overrides | parse_config_overrides([]))
        shutil.rmtree(out, ignore_errors=True)
        (Path(unfinished) / "model-last").rename(out)


def main(
    config: Path = typer.Argument(..., help="Training config."),
    data: Path = typer.Argument(..., help="Texts to learn from (.spacy)."),
    out: Path = typer.Argument(..., help="Folder for the trained pipeline."),
    base: Path | None = typer.Option(None, help="Pipeline to go on from (for adapt.cfg)."),
    seed: int = typer.Option(0, help="Seed of everything that is random."),
) -> None:
    """Train a pipeline from a config, or adapt a trained one, for a fixed number of steps."""
    overrides: dict[str, Any] = {"paths.train": str(data), "system.seed": seed}
    if base:
        overrides["paths.base"] = str(base)
    train(config, out, overrides)


if __name__ == "__main__":
    typer.run(main)
