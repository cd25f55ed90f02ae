"""Training examples: damaged anew each round, with right and wrong candidates."""

from pathlib import Path

import pytest
from spacy.tokens import DocBin
from spacy.util import load_config

from scripts.annotation.marks import parse
from scripts.annotation.spans import LABELS
from scripts.learning.corpus import page_corpus
from scripts.learning.examples import annotated_doc, blank_pipeline, nested_layer

NLP = blank_pipeline()
LINES = [
    "[[秦安县]LOC林业局]ORG投资[120万元]MONEY，栽植苗木[5000多株]MEASURE。",
    "[徐洼村]LOC贫困发生率为[35.21%]POVERTY_RATE。",
    "坚持因户施策，逐村编制规划。",
]


def corpus(path, damaged=0.0, repeated=1, joined=0.0):
    DocBin(docs=[annotated_doc(NLP, *parse(line)) for line in LINES]).to_disk(path)
    return page_corpus(path, repeated, None, damaged, joined, seed=0)


def test_gold_is_kept_and_candidates_hold_it(tmp_path):
    for example in corpus(tmp_path / "a.spacy")(NLP):
        assert example.predicted.text == example.reference.text
        gold = {(s.start, s.end) for s in example.reference.spans["sc"]}
        candidates = {(s.start, s.end) for s in example.predicted.spans["candidates"]}
        assert gold < candidates
        assert not example.predicted.ents


def test_order_changes_from_round_to_round_and_repeats_with_the_seed(tmp_path):
    read = corpus(tmp_path / "a.spacy", damaged=1.0, repeated=5)
    rounds = [[eg.reference.text for eg in read(NLP)] for _ in range(2)]
    again = corpus(tmp_path / "a.spacy", damaged=1.0, repeated=5)
    assert rounds[0] != rounds[1]
    assert [[eg.reference.text for eg in again(NLP)] for _ in range(2)] == rounds


def test_damage_keeps_the_spans(tmp_path):
    labels = sorted(label for line in LINES for label in [s.label for s in parse(line)[1]])
    found = [
        s.label
        for eg in corpus(tmp_path / "a.spacy", damaged=1.0)(NLP)
        for s in nested_layer(eg.reference)
    ]
    assert sorted(found) == labels


def test_joined_texts_are_paragraphs_and_keep_their_spans(tmp_path):
    (example,) = corpus(tmp_path / "a.spacy", joined=1.0)(NLP)
    text = example.reference.text
    assert sorted(text.removesuffix("\n").split("\n")) == sorted(parse(line)[0] for line in LINES)
    found = {(text[s.start : s.end], s.label) for s in nested_layer(example.reference)}
    expected = {
        (text[s.start : s.end], s.label) for text, spans in map(parse, LINES) for s in spans
    }
    assert found == expected


@pytest.mark.parametrize("config", ["cpu", "trf"])
def test_configs_name_the_labels(config):
    path = Path(__file__).parents[2] / "configs" / f"{config}.cfg"
    components = load_config(path, interpolate=True)["initialize"]["components"]
    assert components["ner"]["labels"] == components["spancat"]["labels"] == sorted(LABELS)
