"""Start from pretrained token vectors: weights that the workflow `pretrain` made."""

from collections.abc import Callable
from pathlib import Path
from typing import cast

from spacy.language import Language
from spacy.pipeline import TrainablePipe
from spacy.util import registry


@registry.callbacks("zh_poverty_news.pretrained_tok2vec.v1")
def pretrained_tok2vec(path: str | Path | None) -> Callable[[Language], Language]:
    """Callback for ``[initialize.after_init]``: load weights into the component ``tok2vec``.

    path: bytes of a model of exactly the architecture in the config; None starts from chance.
    """

    def load(nlp: Language) -> Language:
        if path is not None:
            try:
                tok2vec = cast(TrainablePipe, nlp.get_pipe("tok2vec"))
                tok2vec.model.from_bytes(Path(path).read_bytes())
            except ValueError as error:
                raise ValueError(
                    f"{path}: not the weights of this config's tok2vec; run the workflow "
                    "pretrain, or set paths.init_tok2vec to null"
                ) from error
        return nlp

    return load
