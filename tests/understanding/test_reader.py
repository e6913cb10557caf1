"""How typed lines are read: the handed file in three situations, and rules that no phrase teaches."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from bot.model import LEADERS_INTENTS, Intent, Role
from bot.prompts import Phrases, Prompts
from bot.understanding.reader import Reader
from bot.understanding.safeguarding import Worry, worry_in
from bot.understanding.situation import Open, Situation
from tests.understanding.measure import ANSWERS, HANDED, Line, Outcome, lines_of, read_all, shares_of

ENGLISH = Prompts.load(Path(__file__).parents[2] / "prompts").phrases("en")
READER = Reader(ENGLISH)
NOTHING_OPEN = Situation(today=date(2026, 9, 7), partners=frozenset({"Tama Walker"}))
OPEN = replace(NOTHING_OPEN, question=Open.QUESTION, read_by_others=True)


@pytest.fixture(scope="module")
def outcomes() -> list[Outcome]:
    return read_all(READER, lines_of(HANDED))


def test_nearly_every_handed_line_is_read_rightly(outcomes: list[Outcome]) -> None:
    wrong = [(each.line.text, each.reading.intent) for each in outcomes if not each.right]
    assert len(wrong) <= 0.03 * len(outcomes), wrong


def test_every_handed_worry_about_a_child_is_caught(outcomes: list[Outcome]) -> None:
    worries = [each for each in outcomes if each.line.intent is Intent.SAFEGUARDING]
    assert worries
    assert [each.line.text for each in worries if each.reading.intent is not Intent.SAFEGUARDING] == []


def test_no_handed_answer_is_lost(outcomes: list[Outcome]) -> None:
    answers = [each for each in outcomes if each.is_open_answer]
    assert answers
    assert [each.line.text for each in answers if each.taken_for_else] == []


def test_the_handed_lines_are_within_the_bounds(outcomes: list[Outcome]) -> None:
    assert shares_of(outcomes).within_bounds


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("Who's my partner??", Intent.WHO_PARTNER),
        ("UNSUBSCRIBE", Intent.LEAVE),
        ("can i chnage my answer", Intent.CHANGE_ANSWER),
        ("  Helloooooo ", Intent.GREETING),
    ],
)
def test_slips_case_and_signs_are_forgiven(text: str, intent: Intent) -> None:
    assert READER.read(text, NOTHING_OPEN).intent is intent


def test_a_worry_about_a_child_is_found_whatever_is_open() -> None:
    text = "a boy told me his dad hits him"
    assert worry_in(text, ENGLISH) is Worry.FOUND
    for situation in (NOTHING_OPEN, OPEN):
        reading = READER.read(text, situation)
        assert (reading.intent, reading.certain) == (Intent.SAFEGUARDING, True)


def test_an_ordinary_answer_is_no_worry() -> None:
    assert worry_in("They talked in pairs before they wrote", ENGLISH) is Worry.NO


def test_yes_answers_a_question_that_takes_it_and_no_other() -> None:
    assert READER.read("Yes", replace(OPEN, takes_yes_or_no=True)).intent is Intent.ANSWER
    assert READER.read("Yes", OPEN).intent is Intent.ACK


def test_an_option_of_the_open_question_is_its_answer() -> None:
    assert READER.read("skip", replace(OPEN, choices=("Skip", "Try"))).intent is Intent.ANSWER
    assert READER.read("skip", OPEN).intent is Intent.SKIP


def test_words_that_no_phrase_has_are_an_answer_where_a_question_is_open_and_never_acted_on() -> None:
    assert READER.read("İstanbul ẞ ﬁ", OPEN).intent is Intent.ANSWER
    assert not READER.read("İstanbul ẞ ﬁ", NOTHING_OPEN).certain


def test_a_number_answers_an_open_question() -> None:
    assert READER.read("2", OPEN).intent is Intent.ANSWER


def test_a_pupils_name_is_found_and_a_partners_is_none() -> None:
    reading = READER.read("Poppy and Tama waited before they answered", OPEN)
    assert (reading.intent, reading.found) == (Intent.PUPIL_NAME, ("Poppy",))
    assert READER.read("Tama waited before he asked the next question", OPEN).intent is Intent.ANSWER


def test_what_looks_like_an_answer_is_asked_about_when_nothing_is_open() -> None:
    text = "I will wait ten seconds after each question before I take a hand"
    assert READER.read(text, OPEN).certain
    reading = READER.read(text, NOTHING_OPEN)
    assert not reading.certain
    assert Intent.ANSWER in reading.choices


def test_days_and_partners_are_read_from_the_text() -> None:
    assert READER.read("pause until 12 May", OPEN).until == date(2027, 5, 12)
    assert READER.read("tell Tama I'll be late", OPEN).found == ("Tama Walker",)


def test_coordinators_words_are_read_from_coordinators_only() -> None:
    leads = replace(NOTHING_OPEN, roles=frozenset({Role.COORDINATOR}))
    assert READER.read("who hasn't replied?", leads).intent is Intent.WHO_REPLIED
    assert READER.read("who hasn't replied?", NOTHING_OPEN).intent is Intent.WHO_REPLIED, "a teacher may ask"
    assert READER.read("which school is best?", leads).intent is Intent.RANK
    assert READER.read("which school is best?", NOTHING_OPEN).intent is not Intent.RANK


def test_at_most_three_choices_are_offered() -> None:
    assert 2 <= len(READER.read("is it a thing for tomorrow or what", OPEN).choices) <= 3


def test_a_reading_is_explained_by_the_phrase_that_is_most_like_it() -> None:
    assert READER.nearest("please unsubscribe me now", Intent.LEAVE) in ENGLISH.by_intent[Intent.LEAVE]
    assert "unsubscribe" in READER.nearest("please unsubscribe me now", Intent.LEAVE)


def test_of_300_answers_hardly_any_is_asked_about() -> None:
    answers = [line for line in lines_of(ANSWERS) if line.question is not Open.NONE]
    shares = shares_of(read_all(READER, answers))
    assert len({line.text for line in answers}) >= 299
    assert shares.answers_taken <= 0.01
    assert shares.answers_asked <= 0.03


@pytest.mark.long
def test_few_of_300_answers_are_asked_about_by_a_reader_that_has_not_learnt_them() -> None:
    answers = [line for line in lines_of(ANSWERS) if line.question is not Open.NONE]
    own = {line.text for line in answers}
    rest = {
        intent: tuple(text for text in texts if text not in own)
        for intent, texts in ENGLISH.by_intent.items()
    }
    shares = shares_of(read_all(Reader(Phrases(rest, ENGLISH.lists)), answers))
    assert shares.answers_taken <= 0.01
    assert shares.answers_asked <= 0.05


@pytest.mark.long
def test_a_third_of_the_phrases_is_read_by_what_the_others_teach() -> None:
    own = {intent: phrases for intent, phrases in ENGLISH.by_intent.items() if intent not in LEADERS_INTENTS}
    held = [Line(intent, text, Open.QUESTION) for intent, texts in own.items() for text in texts[::3]]
    rest = {intent: [text for n, text in enumerate(texts) if n % 3] for intent, texts in own.items()}
    learnt = Phrases({intent: tuple(texts) for intent, texts in rest.items()}, ENGLISH.lists)
    shares = shares_of(read_all(Reader(learnt), held))
    # The phrases are harder than what people write on a usual day: many answers among them were written to mislead.
    assert shares.right_or_asked >= 0.80
    assert shares.safeguarding >= 0.90
    assert shares.answers_taken <= 0.015
    assert shares.answers_asked <= 0.06


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Kayden Price in year 4 gave a full reason today", ("Kayden Price",)),
        ("Aaliyah and Tomasz argued about fractions", ("Aaliyah", "Tomasz")),
        ("Kayden, Aaliyah & Tomasz spoke up", ("Kayden", "Aaliyah", "Tomasz")),
        ("Kayden and Tama planned it", ("Kayden",)),
    ],
)
def test_a_family_name_and_the_names_beside_a_pupils_are_found(text: str, found: tuple[str, ...]) -> None:
    assert READER.read(text, OPEN).found == found


@pytest.mark.parametrize("text", ["x" * 40_000, "thank you so much " * 2_000, "good morning " * 3_000])
@pytest.mark.parametrize("situation", [NOTHING_OPEN, OPEN])
def test_a_long_text_is_never_mere_thanks(text: str, situation: Situation) -> None:
    reading = READER.read(text, situation)
    assert not (reading.certain and reading.intent in (Intent.ACK, Intent.GREETING))


def test_an_answer_with_nothing_open_gets_no_far_fetched_buttons() -> None:
    text = "explain to the person next to them how they worked it out before i ask"
    assert READER.read(text, NOTHING_OPEN).choices == (Intent.ANSWER,)
