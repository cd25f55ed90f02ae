"""Step `average`: one pipeline whose weights are the mean of several.

Runs that start from the same weights (one seed) and differ in the order and damage of their
texts end in one basin: the mean of their weights errs less than each of them, and costs no more
than one (model soups: Wortsman et al. 2022). Runs with other seeds don't: their mean is worse.
"""

from pathlib import Path
from typing import Annotated, cast

import spacy
import typer
from spacy.language import Language
from spacy.pipeline import TrainablePipe

from scripts import components  # noqa: F401  (registers what the pipelines are made of)
from scripts.files import folder_whole


def average(pipelines: list[Language]) -> Language:
    """The first of `pipelines`, with the mean weights of all; `ValueError` where they differ."""
    first = pipelines[0]
    if any(nlp.pipe_labels != first.pipe_labels for nlp in pipelines):
        raise ValueError("only pipelines of the same config and labels can be averaged")
    for name, pipe in first.pipeline:
        if not isinstance(pipe, TrainablePipe):
            continue
        pipes = [cast(TrainablePipe, nlp.get_pipe(name)) for nlp in pipelines]
        for nodes in zip(*(pipe.model.walk() for pipe in pipes), strict=True):
            for param in nodes[0].param_names:
                if nodes[0].has_param(param):
                    weights = [node.get_param(param) for node in nodes]
                    nodes[0].set_param(param, sum(weights) / len(weights))
    return first


def main(
    out: Annotated[Path, typer.Argument(help="Folder for the pipeline.")],
    pipelines: Annotated[list[Path], typer.Argument(help="Pipelines that differ in their order.")],
) -> None:
    """Average the weights of pipelines that were trained from one start in other orders."""
    nlp = average([spacy.load(path) for path in pipelines])
    with folder_whole(out, "pipeline") as unfinished:
        nlp.to_disk(unfinished / "pipeline")
    typer.echo(f"{out}: the mean of {len(pipelines)} pipelines")


if __name__ == "__main__":
    typer.run(main)
