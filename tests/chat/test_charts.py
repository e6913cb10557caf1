from dataclasses import replace
from datetime import date, timedelta
from itertools import product
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings

from adapters.chat import charts
from bot.message import Chart, Week
from tests.platforms import anything
from tests.playground.script import CHART
from tests.support.examples import share_of_examples

OURS = [week.ours for week in CHART.weeks]


def marks(chart: Chart, kind: str) -> list[dict[str, Any]]:
    return [layer for layer in charts.spec(chart)["layer"] if layer["mark"]["type"] == kind]


def drawn(chart: Chart) -> ET.Element:
    return ET.fromstring(charts.svg(chart))  # noqa: S314  # our own drawing


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_what_may_not_be_shown_is_not_in_the_picture_at_all() -> None:
    hidden = replace(CHART, weeks=tuple(replace(week, ours=None) for week in CHART.weeks))

    rows = charts.spec(hidden)["data"]["values"]

    assert all(row["ours"] is None for row in rows)
    assert [layer["transform"][0]["filter"] for layer in marks(hidden, "bar")] == ["isValid(datum.everyone)"]
    assert not marks(hidden, "line")


def test_a_gap_has_its_words_and_no_figures() -> None:
    weeks = (Week(date(2026, 10, 5), "5 Oct", 4, 4, is_gap=True),)

    (row,) = charts.spec(replace(CHART, weeks=weeks))["data"]["values"]

    assert (row["ours"], row["everyone"], row["gap"]) == (None, None, True)
    assert "no questions" in charts.svg(CHART)


def test_levels_are_words_and_nothing_is_a_number() -> None:
    texts = [each.text for each in drawn(CHART).iter() if each.text]

    assert set(CHART.levels) <= set(texts)
    assert not [text for text in texts if text.isdecimal() or "%" in text]


def test_every_text_is_large_enough_for_a_phone() -> None:
    sizes = {each.get("font-size") for each in drawn(CHART).iter() if each.get("font-size")}

    assert {float(str(size).removesuffix("px")) for size in sizes} <= {12, 13, 17}


@pytest.mark.parametrize(
    ("colour", "least"), [(charts.BAR, 3), (charts.LATEST, 3), (charts.GREY, 4.5), (charts.INK, 4.5)]
)
def test_colours_can_be_told_from_the_paper(colour: str, least: float) -> None:
    assert contrast(colour, charts.PAPER) >= least


def test_the_last_week_is_darker_than_the_others() -> None:
    assert luminance(charts.LATEST) < luminance(charts.BAR)
    assert [row["latest"] for row in charts.spec(CHART)["data"]["values"]] == [False] * 6 + [True]


@pytest.mark.parametrize("count", range(15))
def test_the_last_week_has_its_label_however_many_there_are(count: int) -> None:
    weeks = tuple(Week(date(2026, 10, 5) + timedelta(weeks=n), str(n), 1, 1) for n in range(count))

    shown = charts.spec(replace(CHART, weeks=weeks))["encoding"]["x"]["axis"]["values"]

    assert len(shown) <= charts.LABELS_THAT_FIT
    assert shown[-1:] == [week.monday.isoformat() for week in weeks[-1:]]


def test_a_chart_for_chat_is_a_png_of_a_thousand_pixels() -> None:
    picture = charts.png(CHART)

    assert picture.startswith(b"\x89PNG")
    assert int.from_bytes(picture[16:20], "big") == charts.EXPORTED_WIDTH


def test_the_same_chart_is_drawn_once() -> None:
    assert charts.svg(CHART) is charts.svg(replace(CHART))


@settings(max_examples=share_of_examples(8))
@given(anything.charts)
def test_any_words_can_be_drawn_and_none_becomes_markup(chart: Chart) -> None:
    assert not [
        each
        for each in drawn(chart).iter()
        if each.tag.rpartition("}")[2] in ("script", "image", "foreignObject")
    ]


def test_the_word_if_is_a_word_in_a_chart() -> None:
    """Vega takes it for a signal's name even where it is a text."""
    weeks = tuple(replace(week, label="if") for week in CHART.weeks)

    assert ">if<" in charts.svg(replace(CHART, levels=("if", "b", "c", "if"), weeks=weeks))


def test_a_character_that_stops_the_drawing_program_is_left_out() -> None:
    """vl-convert ends the whole process at a control character, and fails at half of a pair."""
    words = "a\x06b\ud83dc\ufffe" + "👩‍👩‍👧‍👦" * 30
    weeks = tuple(replace(week, label=words) for week in CHART.weeks)
    chart = Chart(title=words, subtitle=words, levels=(words,) * 4, weeks=weeks, gap=words, footer=words)

    assert "a b c" in charts.svg(chart)


def test_every_pair_of_levels_can_be_drawn() -> None:
    pairs = list(product((None, 1, 4), repeat=2))
    weeks = tuple(
        Week(date(2026, 1, 5) + timedelta(weeks=n), str(n), ours, everyone)
        for n, (ours, everyone) in enumerate(pairs)
    )

    assert charts.svg(replace(CHART, weeks=weeks)).startswith("<svg")
