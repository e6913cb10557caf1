from datetime import UTC, date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.prompts import ContentError, Prompts, Voice, escape

MOMENTS = """
## moment.day
{weekday} {date}

## moment.soon
{weekday} {time}

## moment.later
{day}, {time}
"""
PLURAL = """
## dogs
### =0
no dogs
### zero
zero of {n}
### one
{n} dog
### two
two of {n}
### few
few of {n}
### many
many of {n}
### other
{n} dogs
"""


def voice(text: str, language: str = "en") -> Voice:
    return Prompts({"bot/test.en.md": text, f"bot/test.{language}.md": text}).voice(language)


def test_facts_are_put_in_as_they_are_for_labels_and_harmless_for_markdown() -> None:
    spoken = voice("# Area\nignored\n\n## hello\nHello **{name}**, *you*!\n")

    assert spoken.text("hello", name="*A*") == "Hello *A*, you!"
    assert spoken.markdown("hello", name="*A*") == r"Hello **\*A\***, *you*!"


def test_a_fact_is_put_in_once_and_its_own_braces_mean_nothing() -> None:
    spoken = voice("## hello\n{a} {b}\n")

    assert spoken.text("hello", a="{b}", b="{a.__class__}") == "{b} {a.__class__}"
    assert spoken.markdown("hello", a="{b}", b="{0}") == r"\{b\} \{0\}"


@given(st.text(), st.text())
def test_no_fact_changes_what_stands_around_it(a: str, b: str) -> None:
    assert voice("## hello\n<{a}|{b}>\n").text("hello", a=a, b=b) == f"<{a}|{b}>"


def test_a_missing_fact_and_an_unknown_key_are_key_errors_that_say_which() -> None:
    spoken = voice("## hello\nHello {name}\n")

    with pytest.raises(KeyError, match=r"hello needs the fact 'name'"):
        spoken.text("hello")
    with pytest.raises(KeyError, match="absent"):
        spoken.markdown("absent")


def test_facts_that_a_text_does_not_need_are_fine() -> None:
    assert voice("## hello\nHello\n").text("hello", key="x", self="y", name="z") == "Hello"


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", {0: "no dogs", 1: "1 dog", 2: "2 dogs", 5: "5 dogs", 21: "21 dogs"}),
        ("cy", {0: "no dogs", 1: "1 dog", 2: "two of 2", 3: "few of 3", 6: "many of 6", 7: "7 dogs"}),
        ("pl", {0: "no dogs", 1: "1 dog", 2: "few of 2", 5: "many of 5", 12: "many of 12", 22: "few of 22"}),
        ("mi", {0: "no dogs", 1: "1 dogs", 2: "2 dogs"}),
    ],
)
def test_plurals_follow_the_language_and_exact_numbers_come_first(
    language: str, expected: dict[int, str]
) -> None:
    spoken = voice(PLURAL, language)

    assert {n: spoken.text("dogs", n=n) for n in expected} == expected


def test_a_missing_plural_form_falls_back_to_other() -> None:
    spoken = voice("## dogs\n### one\none dog\n### other\n{n} dogs\n", "pl")

    assert [spoken.text("dogs", n=n) for n in (0, 1, 2, 5)] == ["0 dogs", "one dog", "2 dogs", "5 dogs"]


def test_a_list_offers_its_keys_in_the_order_of_the_file() -> None:
    spoken = voice(
        "## fruit.pear\nA pear\n\n## fruit.apple\nAn apple\n\n## fruitful\nno\n\n## fruit.apple.hint\nred\n"
    )

    assert spoken.keys("fruit") == ("pear", "apple", "apple.hint")
    assert spoken.has("fruitful")
    assert not spoken.has("fruit")


def test_a_language_falls_back_to_its_mother_language_then_to_english() -> None:
    prompts = Prompts(
        {
            "bot/a.en.md": "## x\nEnglish\n\n## y\n### one\n{n} day\n### other\n{n} days\n",
            "bot/a.cy.md": "## x\nCymraeg\n",
        }
    )

    assert prompts.languages == ("en", "cy")
    assert prompts.voice("cy-GB").text("x") == "Cymraeg"
    assert prompts.voice("xx").language == "en"
    assert prompts.voice("cy").text("y", n=2) == "2 days", "English words follow English plurals"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("## a\nx\n\n## a\ny\n", "duplicate-key"),
        ("## a\n", "empty-text"),
        ("## A b!\nx\n", "key-spelling"),
        ("## a\n### one\nx\n", "plural-without-other"),
        ("## a\n### several\nx\n### other\ny\n", "plural-unknown"),
    ],
)
def test_content_that_cannot_be_used_is_refused_at_once_with_its_place(text: str, what: str) -> None:
    with pytest.raises(ContentError, match=rf"bot/test.en.md:\d+: {what}"):
        voice(text)


def test_days_and_times_in_british_english() -> None:
    spoken = voice(MOMENTS)
    friday = date(2026, 12, 4)

    assert spoken.day(friday) == "Friday 4 December"
    assert spoken.day_and_month(friday) == "4 Dec"
    assert spoken.month(friday) == "December 2026"
    assert spoken.weekday(friday) == "Friday"
    assert spoken.time(time(9, 5)) == "09:05"
    assert spoken.time(datetime(2026, 12, 4, 17, 0, tzinfo=UTC)) == "17:00"


@pytest.mark.parametrize(
    ("today", "said"),
    [
        (date(2026, 12, 4), "Friday 17:00"),
        (date(2026, 11, 28), "Friday 17:00"),
        (date(2026, 11, 27), "Friday 4 December, 17:00"),
        (date(2026, 12, 5), "Friday 4 December, 17:00"),
    ],
)
def test_a_moment_names_its_date_when_the_weekday_alone_would_mislead(today: date, said: str) -> None:
    assert voice(MOMENTS).until(datetime(2026, 12, 4, 17, 0, tzinfo=UTC), today) == said


def test_dates_and_lists_follow_the_language() -> None:
    polish = voice(MOMENTS, "pl")

    assert polish.day(date(2026, 12, 4)) == "piątek 4 grudnia"
    assert polish.listing(["Elin", "Tama"]) == "Elin i Tama"
    assert voice(MOMENTS).listing(["Elin", "Tama", "Jo"]) == "Elin, Tama and Jo"
    assert voice(MOMENTS).listing(iter(())) == ""


def test_a_language_that_babel_does_not_know_gets_british_dates() -> None:
    assert voice(MOMENTS, "qqq").day(date(2026, 12, 4)) == "Friday 4 December"


def test_a_line_whose_word_is_not_known_yet_is_left_out() -> None:
    wording = "**With {partner}**\n\nYour focus: {focus}\n\nGoal: {goal}\n\n- {focus} and {partner}\n- last"
    facts = {"partner": "Tama", "focus": "", "goal": " "}

    assert voice(MOMENTS).fill(wording, facts, md=True) == "**With Tama**\n\n- last"
    assert voice(MOMENTS).fill("{focus}", facts, md=True) == ""


def test_a_filled_word_is_harmless_and_an_absent_one_is_an_error() -> None:
    spoken = voice(MOMENTS)

    assert (
        spoken.fill("Your focus: {focus}", {"focus": "*a*\n# b"}, md=True)
        == rf"Your focus: {escape('*a* # b')}"
    )
    assert spoken.fill("Your focus: {focus}", {"focus": "*a*"}, md=False) == "Your focus: *a*"
    with pytest.raises(KeyError, match="focus"):
        spoken.fill("{focus}", {}, md=True)
