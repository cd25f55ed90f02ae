import pytest
from spacy.tokens import DocBin

from scripts.annotation.spans import Span
from scripts.curve import SHARES, first, write_share
from scripts.learning.examples import blank_pipeline
from scripts.learning.pages import MeasuredPage


def texts(path):
    return {doc.text for doc in DocBin().from_disk(path).get_docs(blank_pipeline().vocab)}


@pytest.mark.parametrize(("share", "count"), [(25, 1), (50, 2), (75, 3), (100, 4), (1, 1)])
def test_a_share_of_the_pages(share, count):
    assert len(first(share, list("abcd"))) == count


def test_larger_shares_hold_the_smaller_ones_and_never_the_measured_page(tmp_path):
    sentences = [(f"第{i}句：徽县。", [Span(4, 6, "LOC")]) for i in range(10, 90)]
    pages = [MeasuredPage(n, n, "simplified", f"{n}页", [(0, 2)], []) for n in "甲乙丙丁戊"]
    folds = {page.id: [other for other in pages if other is not page] for page in pages}
    for seed in range(2):
        smaller = {}
        for share in SHARES:
            folder = tmp_path / f"{share}-{seed}"
            jobs = dict(write_share(folder, share, seed, sentences, folds))
            assert jobs.keys() == folds.keys()
            for page, overrides in jobs.items():
                assert overrides["system.seed"] == seed
                read = texts(overrides["paths.train"])
                assert len(read) == share // 25
                assert f"{page}页" not in read
                assert smaller.get(page, set()) <= read
                smaller[page] = read
            written = texts(folder / "sentences.spacy")
            assert len(written) == 80 * share // 100
            assert smaller.get("sentences", set()) <= written
            smaller["sentences"] = written
    first_sentences = [texts(tmp_path / f"25-{seed}" / "sentences.spacy") for seed in range(2)]
    assert first_sentences[0] != first_sentences[1]
