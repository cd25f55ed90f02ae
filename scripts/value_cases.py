"""Hand-made cases of values: ``tests/components/quantities.tsv``, read for tests and comparisons.

A line holds a marked text (``投资[120万元]MONEY``; ``<T>`` and ``<N>`` are a tab and a line break),
a tab, and the notations of its spans' values, separated by `` | ``; its first lines explain them.
"""

from decimal import Decimal
from pathlib import Path

from scripts.annotation.marks import parse
from scripts.components.quantity import Quantity

# Units of each dimension with their pint names; what is counted by several is in the cases.
KINDS = {
    "money": "元 角 分 美元 港元 新台币 澳门元 欧元 英镑 日元 加元 澳元",
    "ratio": "%:percent ‰:permille",
    "length": "米:meter 厘米:centimeter 毫米:millimeter 公里:kilometer 里 尺 丈",
    "area": "亩 公顷:hectare 平方米:meter_**_2 平方公里:kilometer_**_2 顷 垧",
    "volume": "立方米:meter_**_3 升:liter 毫升:milliliter",
    "mass": "吨:metric_ton 公斤:kilogram 克:gram 斤 两 担 石",
    "energy": "千瓦时:kilowatt_hour",
    "power": "千瓦:kilowatt 瓦:watt 兆瓦:megawatt",
    "apparent_power": "千伏安:kilovolt_ampere",
    "voltage": "伏:volt 千伏:kilovolt",
    "temperature": "℃:degree_Celsius",
    "angle": "度:degree",
    "time": "天:day",
    "persons": "人 名 位",
    "households": "户",
    "animals": "头 匹 羽 尾 峰 头只",
    "plants": "株 棵",
    "events": "次 场 期 起 例 趟 人次 户次 班次 架次",
}
UNIT = {
    name: (dimension, (pint or "").replace("_**_", " ** ") or None)
    for dimension, names in KINDS.items()
    for name, _, pint in (entry.partition(":") for entry in names.split())
}


def expected(notation: str, text: str) -> Quantity | None:
    """The value that a notation of quantities.tsv stands for; None for unknown."""
    if notation == "?":
        return None
    ends, unit, *rest = notation.split()
    exact, ends = not ends.startswith("~"), ends.removeprefix("~")
    low, _, high = ends.strip("[]()").partition(",")
    bounds = [None if end == "*" else Decimal(end) for end in (low, high or low)]
    name, _, dimension = unit.partition(":")
    pint = currency = None
    if not dimension:
        dimension, pint = UNIT[name]
    if dimension == "money":
        currency = next((item[1:] for item in rest if item[0] == "@"), "CNY")
    return Quantity(
        low=bounds[0],
        high=bounds[1],
        closed_low=bounds[0] is not None and ends[0] != "(",
        closed_high=bounds[1] is not None and ends[-1] != ")",
        exact=exact,
        unit=None if name == "-" else name,
        pint=pint,
        dimension=dimension,
        currency=currency,
        basis=tuple(part for item in rest if item[0] == "/" for part in item[1:].split("/")),
        change="Δ" in rest,
        text=text,
    )


def read_cases(path: Path) -> list[tuple[str, int, str]]:
    """Marked text, number of the span in it, notation of its value; ValueError names the line."""
    found = []
    for number, line in enumerate(path.read_text(encoding="utf8").splitlines(), 1):
        if line and not line.startswith("#"):
            marked, _, values = line.partition("\t")
            marked = marked.replace("<T>", "\t").replace("<N>", "\n")
            notations = values.split(" | ")
            if len(parse(marked)[1]) != len(notations):
                raise ValueError(f"{path}:{number}: needs one value for each span")
            found += [(marked, at, notation) for at, notation in enumerate(notations)]
    return found
