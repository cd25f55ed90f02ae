"""The nested layer: entities, and places inside bodies and longer places."""

import pytest

from scripts.annotation.marks import parse, render
from scripts.annotation.spans import flat
from scripts.components.layers import NestedLayer
from scripts.learning.examples import annotated_doc, blank_pipeline, nested_layer

NLP = blank_pipeline()


@pytest.mark.parametrize(
    ("entities", "judged", "expected"),
    [
        (
            "[秦安县林业局]ORG在[徐洼村]LOC",
            "[[秦安县]LOC林业局]ORG在徐洼村",
            "[[秦安县]LOC林业局]ORG在[徐洼村]LOC",
        ),
        ("[秦安水库]LOC", "[[秦安]LOC水库]LOC", "[[秦安]LOC水库]LOC"),
        ("[236户]MEASURE徐洼村", "236户[徐洼村]LOC", "[236户]MEASURE徐洼村"),
        ("[甘肃省天水市委]ORG", "[甘肃省]LOC[天水市]LOC委", "[[甘肃省]LOC[天水市]LOC委]ORG"),
        ("[秦安县]LOC林业局", "[秦安县林业局]ORG", "[秦安县]LOC林业局"),
        ("[120万元]MONEY", "[120]MEASURE万元", "[120万元]MONEY"),
        ("无", "无", "无"),
    ],
)
def test_layers(entities, judged, expected):
    text, ents = parse(entities)
    doc = annotated_doc(NLP, text, parse(judged)[1])
    doc.set_ents([doc.char_span(s.start, s.end, s.label) for s in flat(ents)])
    found = NestedLayer("sc", "likely")(doc)
    assert render(text, nested_layer(found)) == expected
