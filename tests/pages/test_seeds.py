"""The five pages of the seeds, as a reader expects them."""

from collections import Counter
from pathlib import Path

import pytest

from scripts.pages.lost import DIVISIONS, read_divisions
from scripts.pages.page import read_page


@pytest.fixture(scope="module")
def pages():
    names = read_divisions(DIVISIONS)
    return {
        path.stem[:3]: read_page(path.read_bytes().decode("utf-8"), path.stem, names)
        for path in Path("seeds").glob("*.txt")
    }


@pytest.mark.parametrize(
    ("page", "number", "about", "first", "last"),
    [
        ("000", 0,
         ("雙聯行動排頭兵 精準脫貧引路人",
          "——記獲得省級“民心獎”稱號的先進單位市委組織部", None),
         "【編者按】 在全省精準脫貧", "與聯系村群眾建立了深厚的感情。"),
        ("001", 0,
         ("“四張藍圖”全力助推脫貧攻堅",
          None, "（華鎣市委組織部供稿）"),
         "“四張藍圖”全力助推", "（華鎣市委組織部供稿）"),
        ("002", 0,
         ("交城县“四抓好、四确保”推进脱贫攻坚常态化帮扶工作",
          None, "（梁伟 路小飞）"),
         "交城县“四抓好", "（梁伟 路小飞）"),
        ("002", 1,
         ("翰墨写真情 春联暖人心",
          None, None),
         "翰墨写真情", "路小飞 王真杰 摄"),
        ("002", 2,
         ("党建引领促发展 富民强村谱新篇",
          "——交城县野则河村抓“三基建设”促脱贫攻坚纪实", "□ 路小飞"),
         "党建引领促发展", "实现年人均2万元的稳定收入。"),
        ("002", 3,
         ("为平凡的坚守点赞",
          "——记交城县会立乡岔口村第一书记郭建功", "□ 郭晋"),
         "为平凡的坚守点赞", "这就是新时代共产党员最好的注解。"),
        ("002", 4,
         ("基础提升、产业带动、自我造血三环联动破解脱贫难题",
          "——交城县西营镇脱贫攻坚综述", "□ 路小飞"),
         "在习近平新时代中国特色社会主义思想指引下", "鑫源鑫肉牛养殖有限公司"),
        ("003", 0,
         (None,
          None, "本报记者 吴凌平 本报通讯员 吴祖轩"),
         "本报记者", "入学难问题。"),
        ("004", 0,
         ("黨建引領聚活力 產業助力奔小康",
          "——徽縣抓黨建促脫貧攻堅工作實踐", "【本文作者為中共徽縣縣委常委、組織部長】"),
         "黨建引領聚活力", "【本文作者為中共徽縣縣委常委、組織部長】"),
    ],
)  # fmt: skip
def test_document(pages, page, number, about, first, last):
    document = pages[page].documents[number]
    assert (document.title, document.subtitle, document.byline) == about
    assert document.paragraphs[0].text.startswith(first)
    assert document.paragraphs[-1].text.endswith(last)


@pytest.mark.parametrize(
    ("page", "scripts", "left_out"),
    [
        ("000", ["traditional"], {"pinyin gloss": 333}),
        ("001", ["traditional"], {"site navigation": 1, "editor credit": 1, "comment widget": 3,
                                  "teaser of another article": 5, "promotion": 2}),
        ("002", ["simplified"] * 5, {"line wrap": 6}),
        ("003", ["simplified"], {"teaser of another article": 2, "promotion": 1}),
        ("004", ["traditional"], {"spam": 1, "site navigation": 2, "editor credit": 2,
                                  "tag line": 1}),
    ],
)  # fmt: skip
def test_page(pages, page, scripts, left_out):
    assert [document.script for document in pages[page].documents] == scripts
    reasons = Counter(left.reason for left in pages[page].left_out)
    del reasons["white space"]
    assert reasons == left_out


def test_broken_words_are_whole(pages):
    text = "".join(p.text for d in pages["002"].documents for p in d.paragraphs)
    for word in [
        "驻村帮扶工作常态化",
        "始终坚持抓好脱贫攻坚",
        "班子成员积极参加",
        "定期考核测评制度等一系列",
    ]:
        assert word in text


def test_lost_characters_of_the_page(pages):
    (document,) = pages["001"].documents
    assert document.date == "2016-12-13"
    text = "".join(p.text for p in document.paragraphs)
    assert (text.count("華鎣市"), "堅決打贏華鎣率先" in text, "華？" in text) == (10, True, False)


def test_interview(pages):
    speakers = [p.speaker for p in pages["003"].documents[0].paragraphs]
    asked, answered = "记者", "谭丕创"
    assert speakers == [
        None, asked, *[answered] * 4, asked, *[answered] * 4, asked, *[answered] * 4
    ]  # fmt: skip
