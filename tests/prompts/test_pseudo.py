import re
from datetime import UTC, date, datetime

import pytest

from bot.prompts import Prompts
from bot.prompts.content import read_texts
from bot.prompts.flaws import Flaws
from tests.support.pseudo import LANGUAGE, pseudo, pseudo_markdown, pseudo_text, unwrapped


@pytest.fixture(scope="module")
def made_up(prompts: Prompts) -> Prompts:
    return pseudo(prompts)


def test_a_text_is_accented_in_brackets_and_keeps_words_code_and_links() -> None:
    assert pseudo_text("Type `help`, {name}, or [look](https://example.test)") == (
        "⟦Ţýþé `help`, {name}, óŕ [ļóóķ](https://example.test)⟧"
    )


def test_headings_marks_and_settings_stay_where_readers_look_for_them() -> None:
    front = "---\nform: A title of just 24 signs.\n---\n"
    step = "**Why?**\n\n- yes: Yes\n> hint\n\n## what (long)\nWhat **now**?\n"

    made_up = pseudo_markdown(front + step)

    assert made_up == (
        "---\nform: ⟦Á ţíţļé óƒ ĵúšţ 24 šíĝ⟧\n---\n"
        "**⟦Ŵĥý?⟧**\n\n- yes: ⟦Ýéš⟧\n> ⟦ĥíñţ⟧\n\n## what (long)\n⟦Ŵĥáţ **ñóŵ**?⟧\n"
    )


def test_what_stands_outside_the_brackets_is_told() -> None:
    assert unwrapped("⟦Ĥéļļó ⟦Tama⟧ ýóú⟧ and Elin, 12") == ["and", "Elin"]
    assert unwrapped("⟦Ĥéļļó⟧ Elin Pugh", allowed=["Elin", "Elin Pugh"]) == []
    assert unwrapped("⟦cut short …") == []


def test_every_key_has_a_made_up_text_with_nothing_outside_its_brackets(made_up: Prompts) -> None:
    texts = read_texts(made_up.files, Flaws())

    assert texts[LANGUAGE].keys() == texts["en"].keys()
    for key, text in texts[LANGUAGE].items():
        for form in (*text.forms.values(), *text.plain().forms.values()):
            assert unwrapped(re.sub(r"\{\w+\}", "", form)) == [], key


def test_every_wording_of_every_pack_is_made_up_too(made_up: Prompts) -> None:
    for pack in made_up.packs():
        assert unwrapped(pack.title(LANGUAGE)) == []
        for step in pack.steps:
            words, english = step.words(LANGUAGE), step.words("en")
            labels = [text for each in words.questions for text in (each.label, each.hint)]
            labels += [option.label for each in words.questions for option in each.options]
            for text in (words.form, words.lead, words.body, words.principals, *labels):
                assert unwrapped(re.sub(r"\{\w+\}", "", text)) == [], (pack.id, step.key)
            assert len(words.form) <= 24
            assert [each.key for each in words.questions] == [each.key for each in english.questions]


def test_dates_and_lists_are_in_brackets_as_well(made_up: Prompts) -> None:
    voice, day = made_up.voice(LANGUAGE), date(2026, 12, 4)
    said = [voice.day(day), voice.day_and_month(day), voice.month(day)]
    said += [voice.weekday(day), voice.listing(["one", "two"])]
    said += [voice.until(datetime(2026, 12, 4, 17, 0, tzinfo=UTC), each) for each in (day, date(2026, 9, 1))]

    assert [unwrapped(each) for each in said] == [[]] * len(said)


def test_english_stays_english(made_up: Prompts, prompts: Prompts) -> None:
    assert (
        made_up.voice("en").text("stage.trying")
        == prompts.voice("en").text("stage.trying")
        == "Trying it in class"
    )
    assert made_up.languages == ("en", LANGUAGE)
