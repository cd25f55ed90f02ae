"""Step `train`: a pipeline from a config, for a fixed number of steps.

No checkpoint is picked by its score: the last one is kept, so that a test page never chooses
the model that it measures.
"""

import io
from contextlib import nullcontext, redirect_stdout
from pathlib import Path
from typing import Annotated, Any

import typer
from spacy.cli._util import parse_config_overrides
from spacy.cli.train import train as spacy_train

from scripts.files import folder_whole
from scripts.learning import corpus, pretrained, words  # noqa: F401  (register what configs name)


def train(
    config: Path, out: Path, overrides: dict[str, Any], quiet: bool = False, gpu: int = -1
) -> None:
    """Train `config` with `overrides` (dotted names) and put the pipeline at `out`.

    The folder appears when the training is over, never half-written. Overrides in the variable
    SPACY_CONFIG_OVERRIDES, as for ``spacy train``, come last.
    """
    silenced = redirect_stdout(io.StringIO()) if quiet else nullcontext()
    with folder_whole(out, "model-last") as unfinished, silenced:
        spacy_train(
            config, unfinished, use_gpu=gpu, overrides=overrides | parse_config_overrides([])
        )


def main(
    config: Annotated[Path, typer.Argument(help="Training config.")],
    data: Annotated[Path, typer.Argument(help="Texts to learn from (.spacy).")],
    out: Annotated[Path, typer.Argument(help="Folder for the trained pipeline.")],
    beside: Annotated[
        Path | None, typer.Option(help="Texts to learn beside those, once a round (.spacy).")
    ] = None,
    start: Annotated[
        Path | None, typer.Option(help="Pipeline whose token vectors to start from.")
    ] = None,
    calibration: Annotated[
        Path | None, typer.Option(help="calibration.json of scripts.evaluate (adapt.cfg).")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of everything that is random.")] = 0,
    order: Annotated[
        int | None, typer.Option(help="Another seed for order and damage of the texts alone.")
    ] = None,
    encoder: Annotated[
        str | None, typer.Option(help="Transformer of trf.cfg: a hub's name for it, or a folder.")
    ] = None,
    gpu: Annotated[int, typer.Option(help="Number of the GPU; -1 trains on the CPU.")] = -1,
) -> None:
    """Train a pipeline, or adapt the starting weights, for a fixed number of steps."""
    overrides: dict[str, Any] = {"paths.train": str(data), "system.seed": seed}
    if beside:
        overrides["paths.beside"] = str(beside)
    if calibration:
        overrides["paths.calibration"] = str(calibration)
    if start:
        overrides["paths.init_tok2vec"] = str(start)
    if order is not None:
        overrides["corpora.train.seed"] = order
    if encoder:
        overrides["paths.encoder"] = encoder
    train(config, out, overrides, gpu=gpu)


if __name__ == "__main__":
    typer.run(main)
