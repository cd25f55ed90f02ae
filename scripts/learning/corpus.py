"""Reader of training data: damages some texts, and proposes spans to the span categorizer."""

import random
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import count
from pathlib import Path

from spacy.language import Language
from spacy.tokens import Doc, DocBin
from spacy.training import Example
from spacy.util import registry
from spacy.vocab import Vocab

from scripts.annotation.spans import Span
from scripts.components.tok2vec import visible
from scripts.learning.edits import EDITS, Annotated, Edited, other_names
from scripts.learning.examples import CANDIDATES, NESTED, annotated_doc, nested_layer

# How far a wrong candidate's edge may lie from a right one, in tokens.
_NEAR = 3


@registry.readers("zh_poverty_news.PageCorpus.v2")
def page_corpus(
    path: str | Path | list[str],
    repeated: int,
    beside: str | Path | None,
    damaged: float,
    joined: float,
    seed: int,
) -> Callable[[Language], Iterator[Example]]:
    """Read ``.spacy`` files of annotated texts, each time in another order.

    path, repeated: a file, or several, whose texts come so many times a round. beside: one whose
    texts come once a round, so that what was learned from them isn't forgotten; or null.
    damaged: share of the texts that go through one or two of the edits of
    `scripts.learning.edits`, each time anew; one of them swaps names among all these texts.
    joined: share of the texts that get the next one as another paragraph, so that not every line
    break is a wrap. seed: of order, edits, candidates.

    The predicted side of each example holds candidates for the span categorizer: the right
    spans and likely wrong ones. So it learns from the first step on, beside the span finder
    that will propose to it later, and needs no annotating components.
    """

    main = [Path(part) for part in (path if isinstance(path, list) else [path])]
    more = [Path(beside)] if beside else []
    rounds = count()

    def read(nlp: Language) -> Iterator[Example]:
        texts = [text for file in main * repeated + more for text in _load(file)]
        edits = _edits(*main, *more)
        rng = random.Random(1000 * seed + next(rounds))
        rng.shuffle(texts)
        damaged_texts = (_damage(text, edits, damaged, rng) for text in texts)
        for text, spans in _joined(damaged_texts, joined, rng):
            yield _example(nlp, text, spans, rng)

    return read


@cache
def _load(path: Path) -> list[Annotated]:
    if not path.exists():
        raise FileNotFoundError(f"{path}: no such file; run the command convert first")
    docs = DocBin().from_disk(path).get_docs(Vocab())
    return [(doc.text, sorted(nested_layer(doc))) for doc in docs]


@cache
def _edits(*paths: Path) -> list[Edited]:
    return [*EDITS, other_names(text for path in paths for text in _load(path))]


def _damage(
    annotated: Annotated, edits: list[Edited], share: float, rng: random.Random
) -> Annotated:
    if rng.random() < share:
        for edit in rng.sample(edits, rng.choice([1, 1, 2])):
            annotated = edit(annotated, rng)
    return annotated


def _joined(texts: Iterable[Annotated], share: float, rng: random.Random) -> Iterator[Annotated]:
    held: Annotated = "", []
    for text, spans in texts:
        start = len(held[0])
        held = (
            held[0] + text,
            held[1] + [Span(start + s.start, start + s.end, s.label) for s in spans],
        )
        if rng.random() < share:
            held = held[0] + "\n", held[1]
        else:
            yield held
            held = "", []
    if held[0]:
        yield held


def _example(nlp: Language, text: str, spans: Iterable[Span], rng: random.Random) -> Example:
    reference = annotated_doc(nlp, text, spans)
    predicted = nlp.make_doc(text)
    predicted.spans[CANDIDATES] = [predicted[a:b] for a, b in _candidates(reference, rng)]
    return Example(predicted, reference)


def _candidates(doc: Doc, rng: random.Random) -> list[tuple[int, int]]:
    """Token offsets of the spans of `doc`, and of about seven wrong ones for each."""
    right = {(span.start, span.end) for span in doc.spans[NESTED]}
    found = set(right)
    # A wrong one runs from the start of one span to the end of another, as the span finder's do,
    for start, _ in right:
        found.update((start, end) for _, end in right if start < end <= start + 15)
    # or has an edge a little off, most often by one (秦安 of 秦安县).
    for start, end in right:
        found.update([(start, end - 1), (start, end - 2), (start + 1, end)])
        for _ in range(3):
            found.add((start + rng.randint(-_NEAR, _NEAR), end + rng.randint(-_NEAR, _NEAR)))
    for _ in range(2 + len(doc) // 30):
        start = rng.randrange(len(doc))
        found.add((start, start + rng.randint(1, 10)))
    # Nothing begins or ends with an artefact; such a candidate would also be a vector of zeros,
    # whose layer norm has a gradient ten thousand times as large as others.
    seen = visible(doc)
    return sorted((a, b) for a, b in found if 0 <= a < b <= len(doc) and seen[a] and seen[b - 1])
