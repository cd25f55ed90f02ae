"""Proposals by rules: what they find, what they leave, and that they are never forbidden spans."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.annotation.marks import parse, render
from scripts.annotation.proposals import propose, propose_text, read_lexicon
from scripts.annotation.spans import problems
from scripts.components.tokenizer import simplify
from scripts.pages.page import read_page

LEXICON = read_lexicon(Path("scripts/components/data"))

MARKED = [
    "[市委组织部]ORG帮扶[秦安县]LOC[五营镇]LOC[徐洼村]LOC，有[236户]MEASURE[1136人]MEASURE。",
    "[[华蓥市]LOC委组织部]ORG、[省委]ORG、[省政府]ORG",
    "[中共[徽县]LOC县委]ORG常委，[县委]ORG[县政府]ORG实施",
    "[[甘肃省]LOC[天水市]LOC委组织部]ORG",
    "[[交城县]LOC国土资源局]ORG和[村“两委”]ORG班子",
    "贫困发生率由[35.21%]POVERTY_RATE下降到[21.27%]POVERTY_RATE",
    "贫困发生率降至[3%]POVERTY_RATE以下，覆盖率达100%",
    "贫困发生率下降4.2个百分点，降为[零]POVERTY_RATE。",
    "投资[120万元]MONEY，近[万元]MONEY，[600多万元]MONEY，资金达[900万]MONEY。",
    "捐款[一亿二千三百万元]MONEY、[人民币50万元]MONEY，单位：万元",
    "每年[5000元]MONEY；[500至800元]MONEY",
    "长[35米]MEASURE，全长[15km]MEASURE，发电[420万千瓦时]MEASURE",
    "[5000多株]MEASURE、[580人次]MEASURE、[30万只]MEASURE羊、[3-5亩]MEASURE、[百余个]MEASURE项目",
    "强化[三支]MEASURE队伍，拦水坝[一处]MEASURE，[两个]MEASURE自然村",
    "[12万]MEASURE贫困人口，[200多]MEASURE农户",
]
NOTHING = [
    "2015年3月，3年，两个月，3个月，8小时，65岁，第3个，十九大，17号文件",
    "一个村、一批项目、一座便民桥，三大产业，两省四县，“四个意识”，两不愁三保障，一村一品",
    "八项规定，千家万户，千方百计，四位一体，七成，三倍，增长8.5%",
    "贫困村党支部、乡镇党委、农村党支部、各级政府、县级部门、当地政府、驻村工作队",
    "《徽县基层党建工作问责办法》，闽宁协作，书法爱好者下乡，四大平川乡镇",
    "中央财政资金，全县、该镇、本村、贫困村、行政村",
]


def marked(text):
    return render(text, propose_text(simplify(text), LEXICON))


@pytest.mark.parametrize("line", MARKED)
def test_found(line):
    text, _ = parse(line)
    assert marked(text) == line


@pytest.mark.parametrize("text", NOTHING)
def test_left(text):
    assert marked(text) == text


def test_traditional_text_gets_the_same_spans():
    text = "市委組織部幫扶秦安縣五營鎮徐洼村，貧困發生率為35.21%。"
    assert propose_text(simplify(text), LEXICON) == propose_text(
        "市委组织部帮扶秦安县五营镇徐洼村，贫困发生率为35.21%。", LEXICON
    )


def test_a_place_is_known_in_the_whole_document():
    raw = (
        "岑溪市波塘镇六肥村是贫困村。\n"
        "六肥村筹集资金600多万元建成六肥小学，以岑溪为试点，群众都说好。\n"
    )
    (document,) = read_page(raw, "page").documents
    found = [
        paragraph.text[span.start : span.end]
        for paragraph, spans in zip(document.paragraphs, propose(document, LEXICON), strict=True)
        for span in spans
    ]
    assert found == [
        "岑溪市", "波塘镇", "六肥村", "六肥村", "600多万元", "六肥小学", "六肥", "岑溪"
    ]  # fmt: skip


PIECES = st.sampled_from(
    [
        *"省市县区乡镇村委局部和，。、“”《》（）()％%一二三十百万亿两几余多元户人个米0123456789.- ",
        "贫困发生率", "秦安县", "天水", "党支部", "两委", "有限公司", "头(只)", "资金", "工作日",
        "中共", "中央", "山", "港币", "至", "𠮷", "村“两委”",
    ]
)  # fmt: skip


@given(st.lists(st.one_of(PIECES, st.text(max_size=2)), max_size=30).map("".join))
def test_never_a_forbidden_span(text):
    view = simplify(text)
    assert list(problems(view, propose_text(view, LEXICON))) == []
