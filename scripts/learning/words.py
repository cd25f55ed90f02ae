"""Words of a segmenter as tags of a Doc's tokens, and a reader that damages such texts anew."""

import random
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import count, pairwise
from pathlib import Path

from spacy.language import Language
from spacy.tokens import Doc, DocBin
from spacy.training import Example
from spacy.util import registry
from spacy.vocab import Vocab

from scripts.annotation.spans import Span
from scripts.learning.edits import EDITS, Annotated

# LAC's tag of punctuation, which edits may take out.
_PUNCTUATION = "w"


def tagged(doc: Doc, words: Iterable[Span]) -> Doc:
    """`doc` with a tag for each token: where its word begins (B-) or goes on (I-), and as what.

    words: labelled with their part of speech; what is in none counts as punctuation.
    """
    tags = [f"B-{_PUNCTUATION}"] * len(doc.text)
    for word in words:
        for at in range(word.start, word.end):
            tags[at] = f"{'I' if at > word.start else 'B'}-{word.label}"
    for token in doc:
        token.tag_ = tags[token.idx]
    return doc


def words_of(doc: Doc) -> list[Span]:
    """The words that the tags of `doc` tell, but for punctuation."""
    begins = [token.i for token in doc if token.tag_.startswith("B")]
    words = [doc[first:beyond] for first, beyond in pairwise([*begins, len(doc)])]
    found = (Span(word.start_char, word.end_char, word[0].tag_[2:]) for word in words)
    return [word for word in found if word.label != _PUNCTUATION]


@registry.readers("zh_poverty_news.WordCorpus.v1")
def word_corpus(
    path: str | Path, damaged: float, seed: int
) -> Callable[[Language], Iterator[Example]]:
    """Read a ``.spacy`` file of tagged texts, each time in another order.

    damaged: share of the texts that go through one of the edits of `scripts.learning.edits`,
    each time anew. seed: of order and edits.
    """
    rounds = count()

    def read(nlp: Language) -> Iterator[Example]:
        texts = list(_load(Path(path)))
        rng = random.Random(1000 * seed + next(rounds))
        rng.shuffle(texts)
        for annotated in texts:
            damages = rng.random() < damaged
            text, words = rng.choice(EDITS)(annotated, rng) if damages else annotated
            yield Example(nlp.make_doc(text), tagged(nlp.make_doc(text), words))

    return read


@cache
def _load(path: Path) -> list[Annotated]:
    docs = DocBin().from_disk(path).get_docs(Vocab())
    return [(doc.text, words_of(doc)) for doc in docs]
