"""configs/trf.cfg from an encoder in a folder to a pipeline that is loaded and used.

Needs the extra `trf` and is skipped without it; docs/transformer.md says how to run it. The
encoder is a tiny BERT with random weights and a vocabulary of characters, made on the spot.
"""

import re
from pathlib import Path

import pytest
import spacy
from spacy.tokens import DocBin
from thinc.api import Config
from typer.testing import CliRunner

from scripts.annotation.marks import parse
from scripts.learning.examples import annotated_doc, blank_pipeline

ROOT = Path(__file__).parents[1]
CONFIG = ROOT / "configs" / "trf.cfg"
SENTENCE = (
    "[[秦安县]LOC林业局]ORG投资[120万元]MONEY，修路[35米]MEASURE，"
    "贫困发生率为[35.21%]POVERTY_RATE。"
)
PAGE = "秦安縣(xiàn)林業局投資120萬\n元，修路35米。"
SIZES = {"hidden_width": 16, "intermediate_width": 32, "num_attention_heads": 2}


def tiny_encoder(folder):
    transformers = pytest.importorskip("transformers")
    folder.mkdir()
    numbers = [*"0123456789", *(f"##{digit}" for digit in range(10))]
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    characters = sorted(set(re.sub(r"[\[\]A-Z_0-9]", "", SENTENCE)))
    vocabulary = [*special, *numbers, *characters]
    (folder / "vocab.txt").write_text("\n".join(vocabulary), encoding="utf8")
    transformers.BertTokenizerFast(str(folder / "vocab.txt")).save_pretrained(folder)
    config = transformers.BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=SIZES["hidden_width"],
        intermediate_size=SIZES["intermediate_width"],
        num_attention_heads=SIZES["num_attention_heads"],
        num_hidden_layers=1,
    )
    transformers.BertModel(config).save_pretrained(folder)
    return len(vocabulary)


@pytest.fixture(scope="module")
def nlp(tmp_path_factory):
    pytest.importorskip("spacy_curated_transformers")
    from scripts.train import main  # noqa: PLC0415  (registers readers of this process)

    folder = tmp_path_factory.mktemp("trf")
    size = tiny_encoder(folder / "encoder")
    blank = blank_pipeline()
    docs = [annotated_doc(blank, *parse(SENTENCE)) for _ in range(8)]
    DocBin(docs=docs).to_disk(folder / "train.spacy")
    model = {"vocab_size": size, "num_hidden_layers": 1, **SIZES}
    overrides = {
        **{f"components.transformer.model.{name}": value for name, value in model.items()},
        "training.max_steps": 40,
        "training.optimizer.learn_rate.warmup_steps": 5,
        "training.optimizer.learn_rate.initial_rate": 0.005,
    }
    import typer  # noqa: PLC0415

    app = typer.Typer()
    app.command()(main)
    done = CliRunner().invoke(
        app,
        [
            *(str(path) for path in (CONFIG, folder / "train.spacy", folder / "model")),
            *("--encoder", str(folder / "encoder")),
        ],
        env={"SPACY_CONFIG_OVERRIDES": " ".join(f"--{k}={v}" for k, v in overrides.items())},
    )
    assert done.exit_code == 0, done.output[-3000:] + repr(done.exception)
    return spacy.load(folder / "model")


def test_a_few_steps_learn_a_sentence(nlp):
    text, spans = parse(SENTENCE)
    doc = nlp(text)
    found = {(s.start_char, s.end_char, s.label_) for s in doc.spans["sc"]}
    assert len(found & {(s.start, s.end, s.label) for s in spans}) >= 4


def test_offsets_are_those_of_the_page(nlp):
    doc = nlp(PAGE)
    assert doc.text == PAGE
    for ent in doc.ents:
        assert ent.text == PAGE[ent.start_char : ent.end_char]


def test_the_transformer_looks_through_what_a_page_adds(nlp):
    scraped, clean = nlp(PAGE), nlp("秦安县林业局投资120万元，修路35米。")
    visible = [token.i for token in scraped if token.norm_ not in ("\n", "\u2060")]
    lengths = scraped._.trf_data.last_hidden_layer_state.lengths
    assert [token.i for token in scraped if not lengths[token.i]] == [
        token.i for token in scraped if token.i not in visible
    ]
    rows = scraped._.trf_data.last_hidden_layer_state.dataXd
    assert rows == pytest.approx(clean._.trf_data.last_hidden_layer_state.dataXd, abs=1e-5)


@pytest.mark.parametrize("text", ["", "\n", "發(fā)", " ", "。"])
def test_any_text(nlp, text):
    assert nlp(text).text == text


def test_a_long_page(nlp):
    assert len(list(nlp.pipe([PAGE * 60, PAGE]))) == 2


def test_the_config_is_filled():
    """Without torch: every section that a shipped component asks for is there."""
    config = Config().from_disk(CONFIG, interpolate=False)
    assert set(config["nlp"]["pipeline"]) == config["components"].keys()
    assert set(config["nlp"]["pipeline"]) >= {"transformer", "ner", "spancat"}
