"""Peer challenges: unseen until both have given, kind in words, and nobody else's."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from bot.message import FieldErrors, Form
from bot.prompts import Prompts
from storage.store import SqlStore
from tests.journeys.town import Town, build, dump, plain
from tests.support.saved_towns import begins_with

MONDAY = datetime(2026, 9, 7, 9, 0, tzinfo=UTC)
ASKED = datetime(2026, 9, 21, 14, 30, tzinfo=UTC)  # the sixth teaching day, 15:30 in London
LAST_MOMENT = datetime(2026, 9, 23, 16, 0, tzinfo=UTC)
ANNS = {"evidence": "Four hands went up", "question": "What made them dare?", "suggestion": "Count to five"}
CATS = {"evidence": "Two boys whispered", "question": "Whom did they tell?"}


async def at_the_challenge(town: Town) -> Town:
    await town.run(date(2026, 9, 14), "peer-visit-2wk")
    await town.until(ASKED)
    return town


async def challenge_asked(store: SqlStore, prompts: Prompts) -> Town:
    return await at_the_challenge(
        await build(store, prompts, {"Oak": ["Ann Ash"], "Elm": ["Cat Cox"]}, MONDAY)
    )


pytestmark = begins_with(challenge_asked)


def words_of(town: Town, name: str) -> str:
    return town.everything(name)


@pytest.mark.across
async def test_nobody_reads_it_before_both_have_written_then_both_do_at_once(town: Town) -> None:
    given = await town.fill("Ann Ash", **ANNS)
    await town.days(1)

    assert "Goes to Cat once everyone has written theirs, or Wednesday 17:00 at the latest." in given
    assert not any(words in words_of(town, "Cat Cox") for words in ANNS.values())

    await town.fill("Cat Cox", **CATS)
    await town.beat()

    assert all(words in town.last("Cat Cox") for words in ANNS.values())
    assert all(words in town.last("Ann Ash") for words in CATS.values())


async def test_what_is_released_at_night_arrives_when_the_school_day_begins(town: Town) -> None:
    await town.fill("Ann Ash", **ANNS)
    town.now = datetime(2026, 9, 21, 21, 0, tzinfo=UTC)
    await town.fill("Cat Cox", **CATS)
    await town.days(0.7)

    for name in ("Ann Ash", "Cat Cox"):
        assert "has written you a peer challenge" in town.last(name)
        assert town.post.at[name][-1] == datetime(2026, 9, 22, 7, 30, tzinfo=UTC)


async def test_the_last_day_releases_what_one_alone_has_written(town: Town) -> None:
    await town.fill("Ann Ash", **ANNS)
    await town.until(LAST_MOMENT - timedelta(minutes=1))
    assert "Four hands" not in words_of(town, "Cat Cox")

    await town.until(datetime(2026, 9, 24, 7, 31, tzinfo=UTC))

    assert "Four hands" in town.last("Cat Cox")
    assert "has written you" not in words_of(town, "Ann Ash")


@pytest.mark.across
async def test_a_group_of_three_challenges_in_a_ring(store: SqlStore, prompts: Prompts) -> None:
    schools = {"Oak": ["Ann Ash"], "Elm": ["Cat Cox"], "Fir": ["Eve Eck"]}
    town = await at_the_challenge(await build(store, prompts, schools, MONDAY))
    [three] = await town.pairings()
    first, second, third = three

    for name in (first, second):
        said = await town.fill(name, evidence=f"Seen by {name}", question="Why?")
        receiver = three[(three.index(name) + 1) % 3]
        assert f" to {receiver.split()[0]}" in said
    await town.beat()
    assert not any("Seen by" in words_of(town, each) for each in three if each not in (first, second))
    assert f"Seen by {first}" not in words_of(town, second)
    await town.fill(third, evidence=f"Seen by {third}", question="Why?")
    await town.beat()

    for giver, receiver in ((first, second), (second, third), (third, first)):
        assert f"Seen by {giver}" in town.last(receiver)
        assert town.last(receiver).count("Seen by") == 1


# --- kind words -----------------------------------------------------------------------------------------------------


async def test_words_that_judge_get_one_gentle_thought_and_never_a_second(town: Town) -> None:
    judging = {"evidence": "A poor start", "question": "Why so bad?"}
    thought = await town.fill("Ann Ash", **judging)
    await town.fill("Cat Cox", **CATS)
    await town.beat()

    assert "One thought before it goes" in thought
    assert "is a judgement. What did you see or hear" in thought
    assert "A poor start" in thought  # nothing is lost
    assert "A poor start" not in words_of(town, "Cat Cox")
    sent = await town.fill("Ann Ash", evidence="A terrible start", question="Why so bad?")
    await town.beat()
    assert "Sent to Cat." in sent
    assert "A terrible start" in town.last("Cat Cox")


async def test_the_writer_may_send_it_as_it_is(town: Town) -> None:
    await town.fill("Ann Ash", evidence="A poor start", question="Why so?")
    await town.fill("Cat Cox", **CATS)

    assert "Sent to Cat." in plain(await town.press("Ann Ash", "Send it as it is"))
    await town.beat()

    assert "A poor start" in town.last("Cat Cox")


async def test_what_looks_like_a_pupils_name_is_asked_about(town: Town) -> None:
    thought = await town.fill("Ann Ash", evidence="A pupil called Rhodri spoke", question="Why?")

    assert "“Rhodri” looks like a pupil's name. Could you write “a pupil” instead?" in thought
    assert "Goes to Cat once" in await town.fill("Ann Ash", evidence="A pupil spoke", question="Why?")


async def test_typed_words_are_asked_question_by_question(town: Town) -> None:
    assert "Next: A question I don't know the answer to" in await town.say("Ann Ash", "Four hands went up")
    assert "You can add:" in await town.say("Ann Ash", "What made them dare?")
    await town.beat()
    assert "Goes to Cat once" in await town.say("Ann Ash", "Count to five")
    await town.fill("Cat Cox", **CATS)
    await town.beat()
    assert not any(words in town.everything("Cat Cox") for words in ANNS.values())  # typed, so it is held
    await town.until(town.now + timedelta(minutes=10))
    await town.beat()
    assert all(words in town.last("Cat Cox") for words in ANNS.values())


# --- changing one's mind --------------------------------------------------------------------------------------------


async def test_a_change_before_the_release_is_what_the_partner_gets(town: Town) -> None:
    await town.fill("Ann Ash", **ANNS)
    form = await town.press("Ann Ash", "Change my answer")
    assert isinstance(form, Form)
    assert form.inputs[0].value == "Four hands went up"
    await town.submit("Ann Ash", "check-in", form.context, **{**ANNS, "evidence": "Five hands went up"})
    await town.fill("Cat Cox", **CATS)
    await town.beat()

    assert "Five hands" in town.last("Cat Cox")
    assert "Four hands" not in words_of(town, "Cat Cox")


@pytest.mark.across
async def test_a_change_after_the_release_is_mended_in_place(town: Town) -> None:
    await town.fill("Ann Ash", **ANNS)
    await town.fill("Cat Cox", **CATS)
    form = await town.press("Ann Ash", "Change my answer")
    await town.beat()
    before = len(town.post.received["Cat Cox"])

    assert isinstance(form, Form)
    await town.submit("Ann Ash", "check-in", form.context, **{**ANNS, "evidence": "Five hands went up"})
    await town.beat()

    assert len(town.post.received["Cat Cox"]) == before
    assert "Five hands" in town.last("Cat Cox")
    assert "Four hands" not in town.last("Cat Cox")


async def test_taken_back_before_the_release_nobody_ever_reads_it(town: Town) -> None:
    await town.fill("Ann Ash", **ANNS)
    assert "Taken back: it is erased." in plain(await town.press("Ann Ash", "Take it back"))
    await town.fill("Cat Cox", **CATS)
    await town.days(4)

    assert "Four hands" not in words_of(town, "Cat Cox")
    assert "Four hands" not in await town.command("Ann Ash", "my data")
    assert "Two boys" in words_of(town, "Ann Ash")  # the last day releases what Cat wrote


async def test_taken_back_after_the_release_it_disappears_and_may_be_written_anew(town: Town) -> None:
    await town.fill("Ann Ash", **ANNS)
    back = await town.press("Ann Ash", "Take it back")
    assert "Taken back" in plain(back)
    await town.fill("Ann Ash", **ANNS)
    await town.fill("Cat Cox", **CATS)
    await town.beat()
    messages = len(town.post.received["Cat Cox"])

    await town.press("Ann Ash", "Take it back")
    await town.beat()
    assert "Ann has taken this back." in town.last("Cat Cox")
    assert "Four hands" not in town.last("Cat Cox")

    context = str((await town.check_ins("Ann Ash"))["challenge"].id)
    await town.submit("Ann Ash", "check-in", context, **{**ANNS, "evidence": "Six hands went up"})
    await town.beat()
    assert "Six hands" in town.last("Cat Cox")
    assert len(town.post.received["Cat Cox"]) == messages


async def test_what_was_given_to_an_earlier_partner_is_not_open_to_the_next(
    store: SqlStore, prompts: Prompts
) -> None:
    schools = {"Oak": ["Ann Ash", "Bob Box"], "Elm": ["Cat Cox", "Dan Day"]}
    town = await at_the_challenge(await build(store, prompts, schools, MONDAY))
    first = await town.partner_of("Ann Ash")
    await town.fill("Ann Ash", **ANNS)
    await town.fill(first, **CATS)
    await town.beat()
    form = await town.press(first, "Reply, and set a next step")
    assert isinstance(form, Form)
    await town.submit(
        first, "challenge", form.context, reply="I see it", next_step="Wait", next_step_on="2026-09-30"
    )

    await town.command("Siân Morgan", "swap Ann Ash and Bob Box")
    await town.beat()
    second = await town.partner_of("Ann Ash")
    context = str((await town.check_ins("Ann Ash"))["challenge"].id)
    await town.submit("Ann Ash", "check-in", context, **{**ANNS, "evidence": "For the second one"})
    await town.beat()

    assert second != first
    assert "For the second one" not in words_of(town, second)  # who has not written to Ann yet
    assert "I see it" not in words_of(town, second)
    their_own = str((await town.check_ins(second))["challenge"].id)
    await town.submit(second, "check-in", their_own, evidence="By the second", question="How?")
    await town.beat()
    assert "For the second one" in town.last(second)
    assert "By the second" in town.last("Ann Ash")
    assert "Two boys" in words_of(town, "Ann Ash")  # the first one's words stay where they were


# --- the reply ------------------------------------------------------------------------------------------------------


async def released(town: Town) -> Form:
    await town.fill("Ann Ash", **ANNS)
    await town.fill("Cat Cox", **CATS)
    await town.beat()
    form = await town.press("Cat Cox", "Reply, and set a next step")
    assert isinstance(form, Form)
    return form


@pytest.mark.across
async def test_a_reply_with_a_next_step_and_its_day_reaches_the_giver(town: Town) -> None:
    form = await released(town)
    said = await town.submit(
        "Cat Cox", "challenge", form.context,
        reply="I had not seen that", next_step="Count to five", next_step_on="2026-09-30",
    )  # fmt: skip
    await town.beat()

    assert "Sent to Ann. Your next step: *Count to five*, on Wednesday 30 September." in plain(said)
    assert "“I had not seen that”" in town.last("Ann Ash")
    assert "Next step, on Wednesday 30 September: “Count to five”" in town.last("Ann Ash")


async def test_a_changed_reply_is_mended_in_place(town: Town) -> None:
    form = await released(town)
    values = {"reply": "Hm", "next_step": "Count to five", "next_step_on": "2026-09-30"}
    await town.submit("Cat Cox", "challenge", form.context, **values)
    await town.beat()
    before = len(town.post.received["Ann Ash"])
    again = await town.press("Cat Cox", "Change my answer")
    assert isinstance(again, Form)
    assert [each.value for each in again.inputs] == list(values.values())

    await town.submit("Cat Cox", "challenge", form.context, **{**values, "reply": "Ah, yes"})
    await town.beat()

    assert len(town.post.received["Ann Ash"]) == before
    assert "Ah, yes" in town.last("Ann Ash")


async def test_a_day_that_is_over_is_refused_and_the_words_are_kept(town: Town) -> None:
    form = await released(town)
    values = {"reply": "I had not seen that", "next_step": "Wait", "next_step_on": "2026-09-20"}
    before = await dump(town.store, without=["event_seen", "address"])

    refused = await town.submit("Cat Cox", "challenge", form.context, **values)

    assert isinstance(refused, FieldErrors)
    assert [each.value for each in refused.form.inputs] == list(values.values())
    assert [each.error for each in refused.form.inputs] == ["", "", "Please choose a day to come."]
    assert await dump(town.store, without=["event_seen", "address"]) == before


# --- strangers ------------------------------------------------------------------------------------------------------


async def test_nobody_reaches_a_check_in_or_challenge_of_somebody_else(
    store: SqlStore, prompts: Prompts, town: Town
) -> None:
    challenge = (await released(town)).context
    [own_note] = ["see you on Tuesday"]
    await town.submit("Ann Ash", "tell", text=own_note)
    mine = str((await town.check_ins("Ann Ash"))["challenge"].id)
    planned = str((await town.check_ins("Cat Cox"))["close"].id)
    other = await build(
        store, prompts, {"Bay": ["Moe Mor"], "Cove": ["Noa Nye"]}, town.now, partnership="Elsewhere"
    )
    before = await dump(store, without=["event_seen", "address"])

    for where, name in ((town, "Cat Cox"), (town, "Siân Morgan"), (town, "Head Oak"), (other, "Moe Mor")):
        for button in ("skip", "undo", "later", "take-back", "send", "put"):
            said = await where.command(name, f"{button} {mine}")
            assert "I cannot find that question any more. Nothing was changed." in said, (name, button)
        opened = await where.open(name, "check-in", mine)
        sent = await where.submit(name, "check-in", mine, **ANNS)
        assert "I cannot find that question" in plain(opened)
        assert "I cannot find that question" in plain(sent)
    for where, name in ((town, "Ann Ash"), (town, "Head Elm"), (other, "Noa Nye")):
        values = {"reply": "Mine now", "next_step": "Mine", "next_step_on": "2026-09-30"}
        assert "I cannot find" in plain(await where.open(name, "challenge", challenge))
        assert "I cannot find" in plain(await where.submit(name, "challenge", challenge, **values))
    assert "I cannot find" in await town.command("Cat Cox", f"skip {planned}")  # not put to them yet

    assert await dump(store, without=["event_seen", "address"]) == before


async def test_an_unreleased_challenge_cannot_be_replied_to(town: Town) -> None:
    await town.fill("Ann Ash", **ANNS)

    for number in range(1, 6):
        assert "I cannot find" in plain(await town.open("Cat Cox", "challenge", str(number)))
