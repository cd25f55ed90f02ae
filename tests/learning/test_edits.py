"""Edits of annotated text: spans go along, and stay what the policy says."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.annotation.marks import parse, render
from scripts.annotation.spans import problems
from scripts.components.tokenizer import ARTEFACT, BREAK
from scripts.learning.edits import EDITS, Edit, apply, other_names, traditional
from scripts.learning.examples import annotated_doc, blank_pipeline

NLP = blank_pipeline()
SENTENCES = [
    "[[甘肃省]LOC[天水市]LOC委组织部]ORG联系帮扶[秦安县]LOC[五营镇]LOC[徐洼村]LOC,该村有[236户]MEASURE[1136人]MEASURE。",
    "贫困发生率由[35.21%]POVERTY_RATE下降到[21.27%]POVERTY_RATE，人均收入[3,560元]MONEY。",
    "路宽[5.5米]MEASURE,长[2.3km]MEASURE,C25混凝土;[村“两委”]ORG验收：合格。",
    "总投资[1,200万元]MONEY，其中中央资金[800余万元]MONEY、自筹[400万]MONEY。",
]


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (Edit(3, 3, "(xiàn)"), "[[秦安县]LOC(xiàn)林业局]ORG在"),
        (Edit(6, 6, "(jú)"), "[[秦安县]LOC林业局]ORG(jú)在"),
        (Edit(0, 0, "\n"), "\n[[秦安县]LOC林业局]ORG在"),
        (Edit(1, 1, "(x)"), "[[秦(x)安县]LOC林业局]ORG在"),
        (Edit(0, 3, "清水"), "[[清水]LOC林业局]ORG在"),
        (Edit(0, 3, ""), "[林业局]ORG在"),
        (Edit(6, 7, ""), "[[秦安县]LOC林业局]ORG"),
    ],
)
def test_apply(edit, expected):
    assert render(*apply(parse("[[秦安县]LOC林业局]ORG在"), [edit])) == expected


def test_traditional_keeps_the_offsets():
    text, spans = traditional(parse("[秦安县]LOC发展"), random.Random(0))
    assert render(text, spans) == "[秦安縣]LOC發展"


@pytest.mark.parametrize("edit", EDITS)
@given(st.sampled_from(SENTENCES), st.integers(0, 10_000))
def test_every_edit_leaves_a_text_to_learn_from(edit, sentence, seed):
    text, spans = edit(parse(sentence), random.Random(seed))
    doc = annotated_doc(NLP, text, spans)  # no span cuts a token in two
    assert len(doc.spans["sc"]) == len(parse(sentence)[1])
    assert not list(problems(text, spans))
    for span in doc.spans["sc"]:  # no artefact at an edge
        assert {span[0].norm_, span[-1].norm_}.isdisjoint({ARTEFACT, BREAK})


def test_other_names_are_of_the_same_kind():
    swapped = other_names(
        [
            parse(
                "[[安顺市]LOC实验小学]ORG，[清镇市]LOC，[育才小学]ORG，[毛栗坡]LOC，[六广]LOC，[5亩]MEASURE"
            )
        ]
    )
    sentence = parse("[[安顺市]LOC实验小学]ORG在[毛栗坡]LOC和[六广]LOC有地[3亩]MEASURE。")
    assert {render(*swapped(sentence, random.Random(i))) for i in range(100)} == {
        "[[安顺市]LOC实验小学]ORG在[毛栗坡]LOC和[六广]LOC有地[3亩]MEASURE。",
        "[[清镇市]LOC实验小学]ORG在[毛栗坡]LOC和[六广]LOC有地[3亩]MEASURE。",
        "[育才小学]ORG在[毛栗坡]LOC和[六广]LOC有地[3亩]MEASURE。",
    }


@given(st.integers(0, 10_000))
def test_other_names_keep_the_laws(seed):
    texts = [parse(sentence) for sentence in [*SENTENCES, "[[清水县]LOC新城镇]LOC[石河村]LOC"]]
    swapped = other_names(texts)
    for annotated in texts:
        text, spans = swapped(annotated, random.Random(seed))
        assert not list(problems(text, spans))
        back, marked = parse(render(text, spans))
        assert (back, sorted(marked)) == (text, spans)


@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_does_something(edit):
    texts = [parse(sentence) for sentence in SENTENCES * 10]
    assert any(edit(text, random.Random(i)) != text for i, text in enumerate(texts))
