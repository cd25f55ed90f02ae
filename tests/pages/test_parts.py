"""The small rules, each as a table of input and what is expected."""

from pathlib import Path

import pytest

from scripts.pages.decode import PageError, decode, require_chinese
from scripts.pages.glyphs import Glyph, Ledger, Line
from scripts.pages.kinds import date_of, kind_of, speakers
from scripts.pages.left_out import leave_out
from scripts.pages.lost import Division, read_divisions, repair_lost
from scripts.pages.page import read_page
from scripts.pages.script import script_of
from scripts.pages.sentences import sentences
from scripts.pages.view import widths

NAMES = [
    Division("140000", "山西省", "province", ""),
    Division("510000", "四川省", "province", ""),
    Division("511600", "广安市", "prefecture", "510000"),
    Division("511681", "华蓥市", "county", "511600"),
    Division("610000", "陕西省", "province", ""),
    Division("610500", "渭南市", "prefecture", "610000"),
    Division("610582", "华阴市", "county", "610500"),
    Division("620522", "秦安县", "county", ""),
]


def line(text: str) -> Line:
    return Line([Glyph(char, at, at + 1) for at, char in enumerate(text)])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("廣安華?市貧困村，打贏華?率先摘帽", "廣安華鎣市貧困村，打贏華鎣率先摘帽"),
        ("四川华?市组织部", "四川华蓥市组织部"),
        ("陕西华□市组织部", "陕西华阴市组织部"),
        ("渭南的華\ufffd市組織部", "渭南的華陰市組織部"),
        ("华?市组织部", "华?市组织部"),  # two names fit and the text speaks for neither
        ("四川和陕西的华?市组织部", "四川和陕西的华?市组织部"),
        ("去过秦安?五营镇呢", "去过秦安?五营镇呢"),  # a question, not 秦安县
        ("怎么办?县里说", "怎么办?县里说"),
        ("□ 路小飞", "□ 路小飞"),
        ("", ""),
    ],
)
def test_repair_lost(text, expected):
    assert repair_lost(text, NAMES) == expected


def test_read_divisions(tmp_path: Path):
    path = tmp_path / "divisions.csv"
    path.write_text("code,name,level,parent\n511681,华蓥市,county,511600\n", encoding="utf-8")
    assert read_divisions(path) == [Division("511681", "华蓥市", "county", "511600")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("贫困户42户96人,其中", "贫困户42户96人，其中"),
        ("３５．２１％", "35.21%"),
        ("长１５ｋｍ", "长15km"),
        ("1,136人", "1,136人"),
        ("10:07", "10:07"),
        ("村(组)", "村（组）"),
        ("面积(km)", "面积（km）"),
        ("5(km)", "5(km)"),
        ("“摘帽”,推进", "“摘帽”，推进"),
        ("有哪些创新?", "有哪些创新？"),
        ("40余万元﹔ 培育", "40余万元； 培育"),
    ],
)
def test_widths(text, expected):
    assert widths(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("徐洼村有236户。脱贫34户！", ["徐洼村有236户。", "脱贫34户！"]),
        ("他说：“好。”大家都笑。", ["他说：“好。”", "大家都笑。"]),
        ("按照“识真贫！”的要求去做。", ["按照“识真贫！”的要求去做。"]),
        ("抓产业；抓党建", ["抓产业；抓党建"]),
        ("效果明显…… 村民说", ["效果明显……", "村民说"]),
        ("贫困发生率35.21%", ["贫困发生率35.21%"]),
        ("", []),
    ],
)
def test_sentences(text, expected):
    assert [text[start:end] for start, end in sentences(text)] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("徽縣抓黨建促脫貧攻堅工作實踐", "traditional"),
        ("徽县抓党建促脱贫攻坚工作实践", "simplified"),
        ("徽縣抓黨建，贫困户脱贫发展产业", "mixed"),
        ("圍繞貧困對象達標退出，實施精准脫貧戰略，堅決打贏脫貧攻堅戰", "traditional"),
        ("2016", "simplified"),
    ],
)
def test_script_of(text, expected):
    assert script_of(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("——记交城县会立乡岔口村第一书记郭建功", "subtitle"),
        ("□ 郭晋", "byline"),
        ("（梁伟 路小飞）", "byline"),
        ("（華鎣市委組織部供稿）", "byline"),
        ("本报记者 吴凌平 本报通讯员 吴祖轩", "byline"),
        ("【本文作者為中共徽縣縣委常委、組織部長】", "byline"),
        ("2016年12月13日10:07", "dateline"),
        ("发布时间：2016-12-13 10:07", "dateline"),
        ("2016年，一个阳光明媚的早晨，郭建功来到岔口村。", "body"),
        ("路小飞 王真杰 摄", "caption"),
        ("脱贫攻坚专题培训班。司瑞芳 摄", "caption"),
        ("抓产业巩固提升，带动稳定就业", "heading"),
        ("抓產業促增收。", "heading"),
        ("粮食产量5万吨。", "body"),
        ("重点抓好以下工作：", "body"),
        ("记者调查", "heading"),
        ("（记者张三）", "byline"),
        ("本报记者张三 李四", "byline"),
        ("记者：有哪些创新", "body"),
        ("【編者按】 在全省精準脫貧暨雙聯行動考核表彰大會上，省委表彰了一批先進單位。", "body"),
    ],
)
def test_kind_of(text, expected):
    assert kind_of(line(text)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2016年12月13日10:07", "2016-12-13"),
        ("时间：2016-3-5 08:00", "2016-03-05"),
        ("2016-13-40", None),
        ("2016年", None),
    ],
)
def test_date_of(text, expected):
    assert date_of(text) == expected


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["问：怎么做？", "答：抓产业。", "还要抓党建。", "问：好。", "答：对。"],
         ["问", "答", "答", "问", "答"]),
        (["一是：抓产业。", "一是：抓党建。"], [None, None]),
    ],
)  # fmt: skip
def test_speakers(texts, expected):
    assert speakers(texts) == expected


@pytest.mark.parametrize(
    ("texts", "kept", "reasons"),
    [
        (["激情-无码视频破解|www.x.com", "正文开始了。"], ["正文开始了。"], ["spam"]),
        (["县政府网站www.x.com上线了，群众办事方便了。"], None, []),
        (["亚洲最大的养殖基地落户交城"], None, []),
        (["首页 > 新闻 > 正文"], [], ["site navigation"]),
        (["建设新氣象。（責編：高巍、秦華）"], ["建设新氣象。"], ["editor credit"]),
        (["標簽： 小康"], [], ["tag line"]),
        (["2016-12-13 来源：人民网 点击数：123 字体：大 中 小"], ["2016-12-13"],
         ["white space", "source credit", "white space", "page tools"]),
        (["京ICP備12345號"], [], ["legal notice"]),
        (["推薦閱讀", "全縣脫貧", "他說…", "全县经济社会发展取得明显成效。"],
         ["全县经济社会发展取得明显成效。"], ["teaser of another article"]),
        (["农户收入来源：种植和养殖，占七成。"], None, []),
    ],
)  # fmt: skip
def test_leave_out(texts, kept, reasons):
    lines = []
    at = 0
    for text in texts:
        lines.append(Line([Glyph(char, i, i + 1) for i, char in enumerate(text, at)]))
        at += len(text)
    ledger = Ledger(at)
    assert [line.text for line in leave_out(lines, ledger)] == (texts if kept is None else kept)
    assert [left.reason for left in ledger.left_out()] == reasons


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("贫困".encode(), ("贫困", "utf-8")),
        ("\ufeff贫困\r\n".encode(), ("贫困\r\n", "utf-8")),
        ("贫困发生率降低".encode("gb18030"), ("贫困发生率降低", "gb18030")),
        ("貧困發生率降低".encode("gb18030"), ("貧困發生率降低", "gb18030")),
    ],
)
def test_decode(data, expected):
    assert decode(data) == expected


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b" \n", "empty"),
        (b"\x89PNG\r\n\x1a\n\x00", "binary"),
        ("贫困".encode("utf-16"), "UTF-16"),
        ("貧困發生率降低，全縣貧困村退出".encode("big5"), "neither UTF-8 nor GB18030"),
        ("voilà été déjà".encode("latin-1"), "neither UTF-8 nor GB18030"),
    ],
)
def test_decode_refuses(data, message):
    with pytest.raises(PageError, match=message):
        decode(data)


@pytest.mark.parametrize("text", ["Poverty fell.", "これは日本語の文章です", "", "12345"])
def test_require_chinese(text):
    with pytest.raises(PageError):
        require_chinese(text)


@pytest.mark.parametrize(
    ("raw", "texts"),
    [
        # a wrapped sentence, a heading that stays, a new paragraph by its indent
        ("　　今年以来，交城县着力打造驻村帮扶工作常态化机制，做实做细脱贫攻坚各项工\n作。\n"
         "抓产业\n全县脱贫。",
         ["今年以来，交城县着力打造驻村帮扶工作常态化机制，做实做细脱贫攻坚各项工作。",
          "抓产业", "全县脱贫。"]),
        # a page wrapped at ten characters
        ("　　交城县野则河村位于\n西社镇，距离县城三十\n公里。\n　　全村有耕地一百亩。",
         ["交城县野则河村位于西社镇，距离县城三十公里。", "全村有耕地一百亩。"]),
    ],
)  # fmt: skip
def test_wraps(raw, texts):
    (document,) = read_page(raw, "x").documents
    assert [p.text for p in document.paragraphs] == texts


def test_titles_below_their_articles():
    raw = "\n".join(
        [
            "王家湾村种起金银花，农户马学礼今年收入三万元，村里人都来参观学习。",
            "马学礼的金银花卖到了省城，王家湾村也出了名，日子越过越有盼头。",
            "金银花开王家湾",
            "——记王家湾村农户马学礼",
            "□ 张三",
            "李庄小学的新教室盖好了，校长赵小琴领着孩子们搬进去，个个喜气洋洋。",
            "赵小琴说，李庄小学再也不漏雨了，冬天还有暖气，家长们都放心了。",
            "李庄小学有了新教室",
            "——访校长赵小琴",
            "□ 李四",
        ]
    )
    documents = read_page(raw, "x").documents
    assert [(d.title, d.byline, len(d.paragraphs)) for d in documents] == [
        ("金银花开王家湾", "□ 张三", 5),
        ("李庄小学有了新教室", "□ 李四", 5),
    ]
    assert "马学礼" in documents[0].paragraphs[-1].text
    assert "赵小琴" in documents[1].paragraphs[-1].text
    assert all(d.paragraphs[0].kind == "title" for d in documents)


@pytest.mark.parametrize("below", ["2017年3月5日", "□ 张三", "2017年3月5日\n□ 张三"])
def test_headings_below_a_head_are_no_titles(below):
    raw = f"交城县统计公报\n{below}\n一、综合\n全年增长6%。\n二、农业\n粮食产量5万吨。"
    (document,) = read_page(raw, "x").documents
    assert document.title == "交城县统计公报"
    assert [p.text for p in document.paragraphs if p.kind == "heading"] == ["一、综合", "二、农业"]


def test_html():
    raw = """<!DOCTYPE html><html><head><title>交城县脱贫--人民网</title>
<script>var 贫 = 1;</script>
<style>p{}</style></head><body><nav><a href=/>首页</a></nav>
<ul><li><a href=1>别的新闻标题</a></li></ul>
<form><h1>交城县&ldquo;四抓好&rdquo;</h1><div>2016-12-13 10:07&nbsp;来源:人民网</div>
<p>全县有<b>贫困</b>户42户,
脱贫&#51;6户。</p><p>责编:高巍</p></form></body></html>"""
    page = read_page(raw, "x")
    (document,) = page.documents
    assert page.format == "html"
    assert [(p.kind, p.text) for p in document.paragraphs] == [
        ("title", "交城县“四抓好”"),
        ("dateline", "2016-12-13 10:07"),
        ("body", "全县有贫困户42户，脱贫36户。"),
    ]
    assert document.date == "2016-12-13"
    body = document.paragraphs[-1]
    at = body.text.index("36户")
    start, end = body.to_raw(at, at + 3)
    assert raw[start:end] == "&#51;6户"
    assert {"markup", "site navigation", "title of the window", "editor credit"} <= {
        left.reason for left in page.left_out
    }
