"""What token vectors start from: the lexicon, and weights that the workflow `pretrain` made."""

from collections.abc import Callable
from pathlib import Path
from typing import cast

import spacy
from spacy.language import Language
from spacy.pipeline import TrainablePipe
from spacy.util import registry

from scripts.components.tok2vec import make_lexicon


def read_lexicon(path: Path) -> dict[str, int]:
    """Words and their classes, one per line (`scripts.lexicon`)."""
    lines = path.read_text(encoding="utf8").splitlines()
    return {word: int(kind) for word, kind in (line.split("\t") for line in lines)}


@registry.callbacks("zh_poverty_news.lexicon.v1")
def lexicon(path: str | Path | None) -> Callable[[Language], Language]:
    """Callback for ``[initialize.before_init]``: give the component ``tok2vec`` its lexicon.

    path: what the step `lexicon` wrote; None leaves the two lexicon columns empty.
    """

    def load(nlp: Language) -> Language:
        if path is not None:
            tok2vec = cast(TrainablePipe, nlp.get_pipe("tok2vec"))
            tok2vec.model.attrs["lexicon"] = make_lexicon(read_lexicon(Path(path)))
        return nlp

    return load


@registry.callbacks("zh_poverty_news.pretrained_tok2vec.v2")
def pretrained_tok2vec(path: str | Path | None) -> Callable[[Language], Language]:
    """Callback for ``[initialize.after_init]``: weights and lexicon of the component ``tok2vec``.

    path: a trained pipeline whose ``tok2vec`` has exactly the architecture in the config; None
    starts from chance.
    """

    def load(nlp: Language) -> Language:
        if path is not None:
            start = cast(TrainablePipe, spacy.load(path).get_pipe("tok2vec"))
            tok2vec = cast(TrainablePipe, nlp.get_pipe("tok2vec"))
            try:
                tok2vec.model.from_bytes(start.model.to_bytes())
            except ValueError as error:
                raise ValueError(
                    f"{path}: not the weights of this config's tok2vec; run the workflow "
                    "pretrain, or set paths.init_tok2vec to null"
                ) from error
        return nlp

    return load
