"""Charts as SVG with a title and a description, drawn by Vega-Lite without a browser.

Colours are those of Okabe and Ito, which readers with any colour vision tell apart; what a
colour says is also said by a shape, a place or the table beside the chart.
"""

import re
from collections.abc import Mapping
from typing import Any

import vl_convert
from markupsafe import Markup, escape

from scripts.annotation.spans import LABELS

Rows = list[dict[str, Any]]
BLUE, ORANGE, GREEN, RED, GREY = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#767676"
KIND_COLOURS = {
    "missed": BLUE, "spurious": ORANGE, "boundary": GREEN, "type": RED, "both": GREY,
}  # fmt: skip
# Narrow enough for a phone, so that letters don't shrink there.
_WIDTH = 250
_CONFIG = {
    "font": "system-ui, 'Noto Sans CJK SC', sans-serif",
    "background": None,
    "axis": {"labelFontSize": 12, "titleFontSize": 12, "labelLimit": 170, "labelColor": "#222",
             "titleColor": "#222", "titleFontWeight": "normal", "tickCount": 5},
    "legend": {"labelFontSize": 12, "titleFontSize": 12, "orient": "bottom", "columns": 3,
               "titleFontWeight": "normal", "labelLimit": 240},
    "view": {"stroke": None},
}  # fmt: skip


def _svg(title: str, description: str, spec: dict[str, Any]) -> Markup:
    drawn = vl_convert.vegalite_to_svg({"config": _CONFIG, "width": _WIDTH} | spec)
    # Several charts share one page: their inner names must differ.
    name = re.sub(r"\W+", "-", title.lower())
    drawn = re.sub(r'(id="|url\(#|href="#)', rf"\g<1>chart-{name}-", drawn)
    drawn = drawn.replace(
        "<svg ", f'<svg role="img" aria-labelledby="title-{name} desc-{name}" ', 1
    )
    words = (
        f'<title id="title-{name}">{escape(title)}</title>'
        f'<desc id="desc-{name}">{escape(description)}</desc>'
    )
    return Markup(re.sub(r"(<svg [^>]*>)", lambda m: m[1] + words, drawn, count=1))


def _axis(title: str | None, **axis: Any) -> dict[str, Any]:
    return {"title": title, "axis": {"grid": True, "gridColor": "#e5e5e5", "domain": False} | axis}


def scores(layers: Mapping[str, Any]) -> Markup:
    """F1 per label of each layer, with the spread of the runs."""
    rows = [
        {"label": label, "layer": layer, "f": f["mean"],
         "low": max(f["mean"] - f["sd"], 0), "high": min(f["mean"] + f["sd"], 100)}
        for layer, by_label in layers.items()
        for label in (*LABELS, "all")
        if by_label[label]["gold"]["mean"]
        for f in [by_label[label]["f"]]
    ]  # fmt: skip
    shared = {
        "y": {"field": "label", "type": "nominal", "sort": [*LABELS, "all"], **_axis(None)},
        "yOffset": {"field": "layer"},
    }
    return _svg(
        "F1 per label",
        "; ".join(f"{r['layer']} {r['label']} {r['f']:.1f}" for r in rows),
        {
            "height": {"step": 13},
            "data": {"values": rows},
            "layer": [
                {"mark": {"type": "rule", "strokeWidth": 2, "color": GREY},
                 "encoding": shared | {"x": _percent("low", "F1, %"), "x2": {"field": "high"}}},
                {"mark": {"type": "point", "filled": True, "size": 60, "opacity": 1},
                 "encoding": shared | {"x": _percent("f", "F1, %"),
                                       "color": _series("layer", list(layers)),
                                       "shape": _shapes("layer", list(layers))}},
            ],
        },
    )  # fmt: skip


def _percent(field: str, title: str, zero: bool = True) -> dict[str, Any]:
    scale: dict[str, Any] = {"domain": [0, 100]} if zero else {"zero": False}
    return {"field": field, "type": "quantitative", "scale": scale, **_axis(title)}


def _series(field: str, names: list[str]) -> dict[str, Any]:
    colours = [BLUE, RED, GREEN, ORANGE, GREY, "#CC79A7", "#56B4E9"]
    scale = {"domain": names, "range": [colours[i % len(colours)] for i in range(len(names))]}
    return {"field": field, "type": "nominal", "scale": scale, "title": None}


def _shapes(field: str, names: list[str]) -> dict[str, Any]:
    # With the same domain as the colours, Vega-Lite makes one legend of both.
    return {"field": field, "type": "nominal", "scale": {"domain": names}, "title": None}


def kinds(counted: Mapping[str, Mapping[str, float]]) -> Markup:
    """Errors by label and kind, as stacked bars."""
    rows = [
        {"label": label, "kind": kind, "count": round(number, 2)}
        for label, by_kind in counted.items()
        for kind, number in by_kind.items()
        if number
    ]
    colours = {"domain": list(KIND_COLOURS), "range": list(KIND_COLOURS.values())}
    return _svg(
        "Errors by label and kind",
        "; ".join(f"{r['label']} {r['kind']} {r['count']:.1f}" for r in rows),
        {
            "height": {"step": 24},
            "data": {"values": rows},
            "mark": {"type": "bar", "stroke": "white"},
            "encoding": {
                "y": {"field": "label", "type": "nominal", "sort": list(LABELS), **_axis(None)},
                "x": {"field": "count", "type": "quantitative", **_axis("errors in one run")},
                "color": {"field": "kind", "scale": colours, "title": None},
                "order": {"field": "kind"},
            },
        },
    )  # fmt: skip


def curve(shares: list[dict[str, Any]], forecast: Mapping[str, float] | None) -> Markup:
    """F1 of both layers against the share of the data, with the spread and a forecast."""
    rows = [
        {"share": row["share"], "layer": layer, "f": f["mean"],
         "low": f["mean"] - f["sd"], "high": f["mean"] + f["sd"]}
        for row in shares
        for layer in ("flat", "nested")
        for f in [row[layer]["all"]["f"]]
    ]  # fmt: skip
    x = {"field": "share", "type": "quantitative", "scale": {"domain": [0, 200]},
         **_axis("share of sentences and pages, %", values=[25, 50, 75, 100, 200],
                 labelOverlap=False)}  # fmt: skip
    layers: Rows = [
        {"mark": {"type": "rule", "color": GREY},
         "encoding": {"x": x, "y": _percent("low", "F1, %", zero=False), "y2": {"field": "high"}}},
        {"mark": {"type": "line", "point": {"size": 50}},
         "encoding": {"x": x, "y": _percent("f", "F1, %", zero=False),
                      "color": _series("layer", ["flat", "nested"]),
                      "strokeDash": _shapes("layer", ["flat", "nested"])}},
    ]  # fmt: skip
    said = "; ".join(f"{r['layer']} {r['share']} %: {r['f']:.1f}" for r in rows)
    if forecast:
        point = {"share": 200, "f": forecast["mean"], "low": forecast["low"],
                 "high": forecast["high"]}  # fmt: skip
        said += f"; forecast for twice the data, flat: {point['f']:.1f}"
        mark = {"color": BLUE, "opacity": 0.6}
        layers += [
            {"data": {"values": [point]}, "mark": {"type": "point", "size": 70} | mark,
             "encoding": {"x": x, "y": _percent("f", "F1, %", zero=False)}},
            {"data": {"values": [point]}, "mark": {"type": "rule", "strokeDash": [3, 3]} | mark,
             "encoding": {"x": x, "y": _percent("low", "F1, %", zero=False),
                          "y2": {"field": "high"}}},
        ]  # fmt: skip
    return _svg("Learning curve", said, {"height": 200, "data": {"values": rows}, "layer": layers})


def calibration(bins: Rows) -> Markup:
    """How often spans of a confidence are right: on the diagonal is honest."""
    rows = [row for row in bins if row["count"]]
    x = {"field": "confidence", "type": "quantitative", "scale": {"domain": [0, 1]},
         **_axis("confidence")}  # fmt: skip
    y = {"field": "right", "type": "quantitative", "scale": {"domain": [0, 1]},
         **_axis("share that is right")}  # fmt: skip
    return _svg(
        "Calibration",
        "; ".join(
            f"{r['confidence']:.2f} said, {r['right']:.2f} right of {r['count']}" for r in rows
        ),
        {
            "height": 250,
            "data": {"values": rows},
            "layer": [
                {"data": {"values": [{"confidence": 0, "right": 0}, {"confidence": 1, "right": 1}]},
                 "mark": {"type": "line", "color": GREY, "strokeDash": [4, 4]},
                 "encoding": {"x": x, "y": y}},
                {"mark": {"type": "line", "color": BLUE}, "encoding": {"x": x, "y": y}},
                {"mark": {"type": "point", "filled": True, "color": BLUE, "opacity": 1},
                 "encoding": {"x": x, "y": y, "size": {
                     "field": "count", "type": "quantitative", "title": "spans",
                     "scale": {"type": "sqrt", "range": [20, 250]}}}},
            ],
        },
    )  # fmt: skip


def speed(table: dict[str, Any]) -> Markup:
    """Characters a second of each system, on a logarithmic axis: cpca only looks names up."""
    rows = [{"name": s["name"], "speed": s["characters_per_second"]} for s in table["systems"]]
    return _svg(
        f"Speed on {table['texts']}",
        "; ".join(f"{r['name']} {r['speed']:,.0f} characters a second" for r in rows),
        {
            "height": {"step": 24},
            "data": {"values": rows},
            "mark": {"type": "point", "color": BLUE, "filled": True, "size": 80},
            "encoding": {
                "y": {"field": "name", "type": "nominal", "sort": "-x", **_axis(None)},
                "x": {"field": "speed", "type": "quantitative", "scale": {"type": "log"},
                      **_axis("characters a second, one core", format="~s")},
            },
        },
    )  # fmt: skip


def rates(rows: Rows) -> Markup:
    """Poverty rates of each place over the years; rows: place, time, amount, said."""
    places = sorted({r["place"] for r in rows})
    return _svg(
        "Poverty rates",
        "; ".join(f"{r['place']} {r['time']}: {r['said']}" for r in rows),
        {
            "height": 200,
            "data": {"values": rows},
            "mark": {"type": "line", "point": {"size": 60}},
            "encoding": {
                "x": {"field": "time", "type": "ordinal", **_axis(None, labelAngle=0)},
                "y": {"field": "amount", "type": "quantitative", **_axis("poverty rate, %")},
                "color": _series("place", places),
                "shape": _shapes("place", places),
            },
        },
    )


def money(rows: Rows) -> Markup:
    """Amounts of money by place, a tick each, on a logarithmic axis; rows: place, amount, said."""
    sizes = [1e3, 1e4, 1e5, 1e6, 1e7, 1e8]
    names = "{3: '1000', 4: '1万', 5: '10万', 6: '100万', 7: '1000万', 8: '1亿'}"
    return _svg(
        "Money by place",
        "; ".join(f"{r['place']}: {r['said']}" for r in rows),
        {
            "height": {"step": 20},
            "data": {"values": rows},
            "mark": {"type": "point", "filled": True, "size": 70, "opacity": 0.55, "color": BLUE},
            "encoding": {
                "y": {"field": "place", "type": "nominal", "sort": None, **_axis(None)},
                "x": {"field": "amount", "type": "quantitative", "scale": {"type": "log"},
                      **_axis("元", values=sizes,
                              labelExpr=f"{names}[round(log(datum.value)/log(10))]")},
            },
        },
    )  # fmt: skip
