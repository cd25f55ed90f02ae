"""A user's first lines in the README give what stands below them."""

from pathlib import Path

import pytest
import spacy

import scripts.components.facts
import scripts.components.places
import scripts.components.quantities
import scripts.components.tokenizer  # noqa: F401  (registers what the pipeline is made of)

ROOT = Path(__file__).parents[1]
DATA = ROOT / "scripts/components/data"
# The spans that the trained pipeline finds, so that no trained one is needed.
SPANS = {
    "ORG": ["市委组织部"],
    "LOC": ["秦安縣", "五營鎮", "徐洼村"],
    "MEASURE": ["236戶"],
    "MONEY": ["120萬元"],
    "POVERTY_RATE": ["35．21％", "21．27％"],
}


@pytest.fixture
def nlp():
    tokenizer = {"nlp": {"tokenizer": {"@tokenizers": "zh_poverty_news.CharTokenizer.v1"}}}
    nlp = spacy.blank("zh", config=tokenizer)
    nlp.add_pipe("entity_ruler").add_patterns(
        [
            {"label": label, "pattern": [{"ORTH": token.text} for token in nlp.make_doc(text)]}
            for label, texts in SPANS.items()
            for text in texts
        ]
    )
    nlp.add_pipe("quantities").initialize(list, units=DATA / "units.csv")
    nlp.add_pipe("places").initialize(list, table=DATA / "divisions.csv")
    nlp.add_pipe("facts").initialize(list, indicators=DATA / "indicators.csv")
    return nlp


def test_first_lines(nlp, monkeypatch, capsys):
    text = (ROOT / "README.md").read_text(encoding="utf8")
    blocks = text.split("## Use the wheel")[1].split("```")
    code = next(block for block in blocks if block.startswith("python\n"))
    shown = blocks[blocks.index(code) + 2]
    monkeypatch.setattr(spacy, "load", {"zh_poverty_news_sm": nlp}.__getitem__)
    exec(code.removeprefix("python\n"), {})
    assert capsys.readouterr().out.strip() == shown.strip()
