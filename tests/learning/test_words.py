"""Words as tags of tokens, there and back, and damaged with their text."""

import pytest
from spacy.tokens import DocBin

from scripts.annotation.spans import Span
from scripts.benchmarking.measure import placed
from scripts.learning.examples import blank_pipeline
from scripts.learning.words import tagged, word_corpus, words_of

NLP = blank_pipeline()
WORDS = [("秦安县", "LOC"), ("的", "u"), ("路", "n"), ("，", "w"), ("去年", "TIME"), ("修", "v")]


def tagged_text(words):
    text = "".join(word for word, _ in words)
    return tagged(NLP.make_doc(text), [Span(*word) for word in placed(words)])


@pytest.mark.parametrize(
    ("words", "tags"),
    [
        ([("秦安县", "LOC"), ("的", "u")], ["B-LOC", "I-LOC", "I-LOC", "B-u"]),
        # A number is one token of several characters: it has the tag of its first one.
        ([("修", "v"), ("2014年", "TIME"), ("路", "n")], ["B-v", "B-TIME", "I-TIME", "B-n"]),
    ],
)
def test_tags_tell_where_a_word_begins(words, tags):
    assert [token.tag_ for token in tagged_text(words)] == tags


def test_words_come_back_but_for_punctuation():
    words = [Span(*word) for word in placed(WORDS)]
    assert words_of(tagged_text(WORDS)) == [word for word in words if word.label != "w"]


def test_damage_keeps_the_words(tmp_path):
    DocBin(attrs=["TAG"], docs=[tagged_text(WORDS)] * 40).to_disk(tmp_path / "words.spacy")
    read = word_corpus(tmp_path / "words.spacy", damaged=1.0, seed=0)
    docs = [example.reference for example in read(NLP)]
    assert "秦安县的路去年修" in {doc.text for doc in docs}
    assert len({doc.text for doc in docs}) > 3
    for doc in docs:
        assert [word.label for word in words_of(doc)] == ["LOC", "u", "n", "TIME", "v"]
