"""A row of the ablation table: pages of a seed count together, texts run by run."""

from itertools import pairwise

import pytest

from scripts.ablation import CATEGORIZED, ENTITIES, FOLDS, VALIDATION, row, variants
from scripts.annotation.spans import Span

LOC, OTHER = Span(0, 3, "LOC"), Span(0, 4, "LOC")


def trained(page, texts, speed):
    read = {
        FOLDS: {ENTITIES: page, CATEGORIZED: []},
        VALIDATION: {ENTITIES: texts, CATEGORIZED: []},
    }
    return {"read": read, "speed": speed}


def test_row():
    right, wrong = ([LOC], [LOC]), ([LOC], [OTHER])
    runs = {
        (0, "a"): trained([right, right], [right], 10),
        (0, "b"): trained([wrong], [wrong], 20),
        (1, "a"): trained([right, right], [right], 30),
        (1, "b"): trained([right], [right], 40),
    }
    made = row("characters", ENTITIES, runs)
    # Two of three spans with the first seed, all with the second.
    assert made[FOLDS]["LOC"]["mean"] == pytest.approx((200 / 3 + 100) / 2, abs=0.01)
    # Four readings of the same texts, three of them right.
    assert made[VALIDATION]["LOC"]["mean"] == 75
    assert made["characters_per_second"] == 25


def test_each_row_adds_one_thing(tmp_path):
    """Rows that follow one another share their settings but for those that they add or drop."""
    rows = variants(tmp_path / "words", tmp_path / "pkuseg", tmp_path / "sentences.spacy")
    names = list(rows)
    assert names[0] == "characters"
    for before, name in pairwise(names):
        one, other = rows[before], rows[name]
        if name.startswith("or "):
            continue
        changed = {key for key in one.keys() | other.keys() if one.get(key) != other.get(key)}
        kinds = {key.split(".")[0] for key in changed}
        assert len(kinds) == 1, (name, changed)
