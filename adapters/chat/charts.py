"""Charts as Vega-Lite, drawn to SVG for the page and PNG for chat; drawing is slow, so call it in a thread."""

from __future__ import annotations

import json
import re
import textwrap
from functools import lru_cache
from typing import Any, TypeAlias

import vl_convert

from adapters.chat.texts import MORE, cut
from bot.message import Chart, Week

Json: TypeAlias = dict[str, Any]

WIDTH, HEIGHT = 400, 300
EXPORTED_WIDTH = 1_000
VEGA_LITE = "v5.20"
FONT = "Inter, Noto Sans, Helvetica Neue, Arial, DejaVu Sans, Liberation Sans, sans-serif"

INK, GREY, RULE, PAPER = "#1b1f24", "#57606a", "#d8dee4", "#ffffff"
BAR, LATEST = "#4f90c6", "#0b5c9c"
"""One hue; both have a contrast of at least 3:1 to the background."""

LEVELS = (1, 2, 3, 4)
BAR_SHARE, WIDEST_BAR = 0.62, 32
PLOT_WIDTH = 300
"""The width left beside the labels of the levels, roughly."""
TITLE_WIDTH, TEXT_WIDTH, LEVEL_WIDTH, LABEL_WIDTH = 40, 54, 16, 10
"""The numbers of characters that fit."""
MOST_LINES = 3
LABELS_THAT_FIT = 6

_UNDRAWABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]+")


@lru_cache(maxsize=64)
def svg(chart: Chart) -> str:
    """Draw the chart for a page; its text stays text."""
    return str(vl_convert.vegalite_to_svg(spec(chart), vl_version=VEGA_LITE))


@lru_cache(maxsize=64)
def png(chart: Chart) -> bytes:
    """Draw the chart for chat, sharp enough for a phone."""
    return bytes(vl_convert.vegalite_to_png(spec(chart), vl_version=VEGA_LITE, scale=EXPORTED_WIDTH / WIDTH))


def spec(chart: Chart) -> Json:
    """Return bars for one school and a dashed line for all, or bars for all where the school may not be shown."""
    ours = any(week.ours is not None for week in chart.weeks)
    layers = [
        _bars("ours" if ours else "everyone", len(chart.weeks)),
        *(_dashes() if ours else ()),
        _gaps(chart.gap),
    ]
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "width": WIDTH,
        "height": HEIGHT,
        "autosize": {"type": "fit", "contains": "padding"},
        "padding": {"left": 14, "right": 14, "top": 12, "bottom": 12},
        "background": PAPER,
        "title": _title(chart),
        "data": {"values": _rows(chart.weeks)},
        "encoding": {"x": _weeks_axis(chart), "y": _levels_axis(chart.levels)},
        "layer": layers,
        "config": {"font": FONT, "view": {"stroke": None}},
    }


def _rows(weeks: tuple[Week, ...]) -> list[Json]:
    return [
        {
            "week": week.monday.isoformat(),
            "ours": None if week.is_gap else week.ours,
            "everyone": None if week.is_gap else week.everyone,
            "gap": week.is_gap,
            "latest": week is weeks[-1],
        }
        for week in weeks
    ]


def _title(chart: Chart) -> Json:
    return {
        "text": _lines(chart.title, TITLE_WIDTH),
        "subtitle": _lines(chart.subtitle, TEXT_WIDTH),
        "anchor": "start",
        "frame": "bounds",
        "offset": 16,
        "fontSize": 17,
        "fontWeight": 600,
        "color": INK,
        "lineHeight": 21,
        "subtitleFontSize": 13,
        "subtitleColor": GREY,
        "subtitlePadding": 5,
        "subtitleLineHeight": 17,
    }


def _weeks_axis(chart: Chart) -> Json:
    """Return the axis of the weeks; where labels would overlap, some are left out but never the last."""
    mondays = [week.monday.isoformat() for week in chart.weeks]
    step = -(-len(mondays) // LABELS_THAT_FIT) or 1
    labels = {week.monday.isoformat(): _line(week.label, LABEL_WIDTH) for week in chart.weeks}
    return {
        "field": "week",
        "type": "ordinal",
        "sort": mondays,
        "axis": {
            "values": mondays[::-1][::step][::-1],
            "labelExpr": f"{_expression(labels)}[datum.value]",
            "labelAngle": 0,
            "labelFontSize": 12,
            "labelColor": GREY,
            "labelPadding": 7,
            "labelLimit": 0,
            "ticks": False,
            "domainColor": RULE,
            "title": _lines(chart.footer, TEXT_WIDTH),
            "titleAnchor": "start",
            "titleAlign": "left",
            "titleFontSize": 12,
            "titleFontWeight": "normal",
            "titleColor": GREY,
            "titlePadding": 12,
        },
    }


def _levels_axis(levels: tuple[str, ...]) -> Json:
    labels = {str(level): _line(label, LEVEL_WIDTH) for level, label in zip(LEVELS, levels, strict=True)}
    return {
        "type": "quantitative",
        "scale": {"domain": [0, LEVELS[-1]], "nice": False},
        "axis": {
            "values": [0, *LEVELS],
            "labelExpr": f"{_expression(labels)}[datum.value] || ''",
            "labelFontSize": 12,
            "labelColor": GREY,
            "labelPadding": 8,
            "labelLimit": 0,
            "ticks": False,
            "domain": False,
            "gridColor": RULE,
            "title": None,
        },
    }


def _bars(field: str, weeks: int) -> Json:
    width = min(WIDEST_BAR, PLOT_WIDTH * BAR_SHARE / max(weeks, 1))
    return {
        "transform": [{"filter": f"isValid(datum.{field})"}],
        "mark": {"type": "bar", "cornerRadiusEnd": 3, "width": round(width)},
        "encoding": {
            "y": {"field": field},
            "color": {"condition": {"test": "datum.latest", "value": LATEST}, "value": BAR},
        },
    }


def _dashes() -> tuple[Json, ...]:
    """Return a dashed line with a light edge, visible on the bars, and with gaps where weeks have no figures."""
    shared: Json = {"encoding": {"y": {"field": "everyone"}}}
    line: Json = {"type": "line", "invalid": "break-paths-show-path-domains", "strokeCap": "butt"}
    point: Json = {
        "type": "point",
        "filled": True,
        "size": 34,
        "opacity": 1,
        "strokeWidth": 1.5,
        "stroke": PAPER,
    }
    return (
        {"mark": {**line, "color": PAPER, "strokeWidth": 5}, **shared},
        {"mark": {**line, "color": INK, "strokeWidth": 2.2, "strokeDash": [5, 4]}, **shared},
        {"mark": {**point, "color": INK}, "transform": [{"filter": "isValid(datum.everyone)"}], **shared},
    )


def _gaps(text: str) -> Json:
    return {
        "transform": [{"filter": "datum.gap"}],
        "mark": {
            "type": "text",
            "text": _line(text, TEXT_WIDTH // 2),
            "angle": 270,
            "fontSize": 12,
            "color": GREY,
            "baseline": "middle",
        },
        "encoding": {"y": {"datum": LEVELS[-1] / 2}},
    }


# --- text -----------------------------------------------------------------------------------------------------------
# Texts are cut here, because Vega's own cutting splits characters and then fails.


def _lines(text: str, width: int) -> list[str]:
    lines = textwrap.wrap(_drawable(text), width, max_lines=MOST_LINES, placeholder=f" {MORE}")
    return lines or [""]


def _line(text: str, width: int) -> str:
    return cut(_drawable(text), width)


def _drawable(text: str) -> str:
    return " ".join(_UNDRAWABLE.sub(" ", text).split())


def _expression(labels: dict[str, str]) -> str:
    """Return a table of labels as a Vega expression, where characters may not be written as surrogate pairs."""
    # A label is written in two parts, because Vega takes a text that is exactly `if` for a signal.
    pairs = (
        f"{_literal(key)}: {_literal(label[:1])} + {_literal(label[1:])}" for key, label in labels.items()
    )
    return f"{{{', '.join(pairs)}}}"


def _literal(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
