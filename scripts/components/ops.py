"""Matrix products by numpy.

thinc multiplies with BLIS, whose kernels stop at AVX2; the OpenBLAS in numpy's wheels was
three times as fast on a CPU with AVX-512 (97 against 34 GFLOPS on one core, single precision,
2000 × 288 by 288 × 192), and the convolutions are most of this pipeline's work.
"""

from collections.abc import Callable

from spacy.language import Language
from spacy.pipeline import TrainablePipe
from spacy.util import registry
from thinc.api import NumpyOps

_OPS = NumpyOps(use_blis=False)


@registry.callbacks("zh_poverty_news.numpy_products.v1")
def numpy_products() -> Callable[[Language], Language]:
    """Callback for ``[nlp.after_pipeline_creation]``: let every CPU layer multiply with numpy."""

    def set_ops(nlp: Language) -> Language:
        for _, pipe in nlp.components:
            if isinstance(pipe, TrainablePipe):
                for layer in pipe.model.walk():
                    if isinstance(layer.ops, NumpyOps):
                        layer.ops = _OPS
        return nlp

    return set_ops
