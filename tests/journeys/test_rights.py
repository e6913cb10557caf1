"""Who may do what: refused kindly, and without a trace; and what is each person's own by right."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest

from bot.events import Joined
from bot.message import Form
from bot.model import CommandName
from bot.prompts import Prompts
from bot.rules.commands import COMMANDS, Audience
from bot.use_cases import rosters as imports
from storage.store import SqlStore
from tests.journeys.town import COORDINATOR, Town, build, dump, plain, roster_of
from tests.support.pseudo import LANGUAGE, pseudo
from tests.support.saved_towns import begins_with

MONDAY = datetime(2026, 9, 7, 9, 0, tzinfo=UTC)
START = date(2026, 9, 14)
ASKED = datetime(2026, 9, 14, 14, 30, tzinfo=UTC)
SHORT = "peer-visit-2wk"
FOUR = {"Oak": ["Ann Ash", "Bob Box"], "Elm": ["Cat Cox", "Dan Day"]}
QUIET = ["event_seen", "address", "seen_address"]
"""What every event changes; of a stranger only the address is kept, as tests/use_cases/test_accounts.py shows."""
REFUSED = "That is for coordinators. Nothing was changed."
WORDS = {"swap": " Ann Ash and Bob Box", "block": " Ann Ash and Cat Cox", "nudge": " 1", "close": " yes"}
RESERVED = tuple(spec.name for spec in COMMANDS if spec.audience is Audience.COORDINATORS)


async def first_question_asked_in_pseudo(store: SqlStore, prompts: Prompts) -> Town:
    town = await build(store, pseudo(prompts), FOUR, MONDAY)
    await town.run(START, SHORT)
    await town.until(ASKED)
    return town


pytestmark = begins_with(first_question_asked_in_pseudo)


# --- not theirs -----------------------------------------------------------------------------------------------------


async def test_who_coordinates_nothing_is_refused_every_coordinators_command(town: Town) -> None:
    before = await dump(town.store, without=QUIET)

    for person in ("Ann Ash", "Head Oak"):
        for command in RESERVED:
            typed = f"{command}{WORDS.get(command, '')}"
            assert REFUSED in await town.command(person, typed), (person, command)
            assert REFUSED in await town.say(person, f"jpd {typed}"), (person, command)
        assert REFUSED in plain(await town.open(person, "start"))
        start = await town.submit(person, "start", pack=SHORT, starts_on="2026-12-01", goal="Mine")
        assert REFUSED in plain(start)

    assert await dump(town.store, without=QUIET) == before


async def test_a_teacher_is_refused_the_digest_and_a_principal_answers_nothing(town: Town) -> None:
    before = await dump(town.store, without=QUIET)

    assert "That is not open to you. Nothing was changed." in await town.command("Ann Ash", "digest")
    assert "no digest has been published" in (await town.command("Head Oak", "digest")).casefold()
    assert "There is no invitation open for you" in await town.command("Head Oak", "join")
    assert "You have no partner" in await town.command("Head Oak", "tell hello")
    assert "No digest has been published yet" in await town.say("Head Oak", "How is it going?")
    assert "I ask you no questions" in await town.say("Head Oak", "Four hands went up after the pause")

    assert await dump(town.store, without=QUIET) == before


async def test_a_stranger_gets_one_sentence_and_leaves_no_trace(town: Town) -> None:
    before = await dump(town.store, without=QUIET)

    for command in (*CommandName, "forget me yes"):
        assert "I do not know you yet." in await town.command("Zoe Zed", command), command
    assert "I do not know you yet." in await town.say("Zoe Zed", "Hello?")
    assert "I do not know you yet." in plain(await town.open("Zoe Zed", "check-in", "1"))
    assert "I do not know you yet." in plain(await town.hear("Zoe Zed", Joined()))

    assert await dump(town.store, without=QUIET) == before


@pytest.mark.quick_cases("core-sqlite", "core-postgresql")  # rights are checked in the core, below every road
async def test_a_coordinator_of_elsewhere_reaches_nothing_here(store: SqlStore, town: Town) -> None:
    other = await build(
        store, town.prompts, {"Bay": ["Moe Mor"], "Cove": ["Noa Nye"]}, town.now, partnership="Other"
    )
    before = await dump(store, without=QUIET)

    for command in RESERVED:
        if command not in ("start", "school"):
            said = await other.command(COORDINATOR, f"{command}{WORDS.get(command, '')}")
            assert "There is no cycle at the moment" in said or "Nothing is owed yet" in said, command
    assert "Ann" not in await other.command(COORDINATOR, "pairs Ann")
    assert "Elm" not in await other.command(COORDINATOR, "school add Oak")

    assert await dump(store, without=QUIET) == before


async def test_help_lists_what_a_person_may_use_and_nothing_else(town: Town) -> None:
    teacher, principal = await town.command("Ann Ash", "help"), await town.command("Head Oak", "help")
    coordinator = await town.command(COORDINATOR, "help")

    def listed(text: str, command: str) -> bool:
        return f"**{command}" in text

    for spec in COMMANDS:
        audience = {
            Audience.EVERYONE: [True, True, True],
            Audience.LEADERS: [False, True, True],
            Audience.COORDINATORS: [False, False, True],
        }[spec.audience]
        seen = [listed(text, spec.name) for text in (teacher, principal, coordinator)]
        assert seen == audience or not spec.is_listed, spec.name


# --- theirs ---------------------------------------------------------------------------------------------------------


async def with_words(town: Town) -> dict[str, str]:
    """Everybody says something in every way there is; returns whose words are whose."""
    said = {}
    for name in await town.teachers():
        given = name.split()[0].lower()
        await town.fill_step(name, "focus", pupils=f"pupils of {given}", technique=f"technique of {given}")
        await town.submit(name, "tell", text=f"note of {given}")
        await town.submit(name, "profile", phase="primary", subjects="maths", offers="wait-time", needs="")
        said[name] = given
    await town.until(datetime(2026, 9, 21, 14, 30, tzinfo=UTC))
    for name, given in said.items():
        await town.fill_step(
            name, "challenge", evidence=f"evidence of {given}", question=f"question of {given}"
        )
    await town.beat()
    for name, given in said.items():
        form = await town.press(name, "Reply, and set a next step")
        assert isinstance(form, Form)
        await town.submit(
            name, "challenge", form.context,
            reply=f"reply of {given}", next_step=f"step of {given}", next_step_on="2026-10-01",
        )  # fmt: skip
    await town.beat()
    return said


async def test_my_data_holds_everything_of_mine_and_nobody_elses_answers(town: Town) -> None:
    said = await with_words(town)
    await town.submit("Ann Ash", "times", slots="mon-after", days="mon;tue", start="09:00", end="16:00")
    partner = await town.partner_of("Ann Ash")

    text = await town.my_data("Ann Ash")
    kept = json.loads(text)

    for kind in ("pupils", "technique", "note", "evidence", "question", "reply", "step"):
        assert f"{kind} of ann" in text, kind
    for name, given in said.items():
        for kind in ("pupils", "technique", "note"):
            assert (f"{kind} of {given}" in text) == (name == "Ann Ash"), (kind, name)
        if name not in ("Ann Ash", partner):
            assert f" of {given}" not in text
    assert kept["name"] == "Ann Ash"
    assert kept["email"] == "ann.ash@example.org"
    assert kept["school"] == "Oak"
    assert kept["hours"] == {"days": [0, 1], "start": "09:00", "end": "16:00"}
    assert kept["profile"]["offers"] == ["wait-time"]
    [cycle] = kept["cycles"]
    assert cycle["enrolment"] == "accepted"
    assert cycle["challenges_received"][0]["evidence"] == f"evidence of {said[partner]}"


async def test_words_that_wait_for_a_decision_are_in_my_data_too(town: Town) -> None:
    member = (await town.members())["Ann Ash"]
    async with town.store.transaction() as tx:
        await tx.members.keep_words(member.id, "words that wait", town.now)

    assert "words that wait" in await town.command("Ann Ash", "my data")
    assert "words that wait" in await town.command("Ann Ash", "my data")  # asking takes nothing away


async def test_forget_me_asks_once_and_then_erases_every_word_wherever_it_stands(town: Town) -> None:
    await with_words(town)
    partner = await town.partner_of("Ann Ash")
    assert "Would you like a copy first?" in await town.say("Ann Ash", "forget me")
    assert "of ann" in str(await dump(town.store))
    assert "of ann" in standing(town, partner)

    assert "are erased. Go well." in plain(await town.press("Ann Ash", "Erase my data"))
    await town.beat()

    rows = str(await dump(town.store)).casefold()
    for trace in ("of ann", "'ann'", "'ash'", "ann.ash", "ann ash"):
        assert trace not in rows, trace
    assert "of ann" not in standing(town, partner)
    assert standing(town, partner).count("has been taken back by its author") >= 3
    assert "I could not find you a partner" in town.last(
        partner
    )  # the others write their challenges just now
    assert "I do not know you yet." in await town.command("Ann Ash", "status")
    assert len(await town.deliveries()) > 10  # counts stay


def standing(town: Town, name: str) -> str:
    """What stands in somebody's conversation now."""
    return "\n".join(plain(each) for each in town.post.received[name])


async def test_concern_shows_the_own_schools_lead_and_keeps_nothing(town: Town) -> None:
    before = await dump(town.store, without=QUIET)

    for name, school in (("Ann Ash", "Oak"), ("Cat Cox", "Elm"), ("Head Elm", "Elm"), (COORDINATOR, "Oak")):
        said = await town.say(name, "concern")
        assert f"Safeguarding lead, {school}: Lead of {school}" in said
        assert "extension 7" in said
        assert "I keep nothing of this" in said
    assert "Lead of Oak" in await town.command("Ann Ash", "concern about something I saw today")

    assert await dump(town.store, without=QUIET) == before
    assert "something I saw" not in str(await dump(town.store))


async def test_everybody_chooses_their_own_language(town: Town) -> None:
    assert f"I know English and {LANGUAGE}" in await town.say("Ann Ash", "language")
    assert "I do not speak “klingon” yet" in await town.command("Ann Ash", "language klingon")

    said = await town.command("Ann Ash", f"language {LANGUAGE}")

    assert said.startswith("⟦")
    assert (await town.command("Ann Ash", "help")).startswith("⟦")
    assert "What I can do for you." in await town.command("Bob Box", "help")
    assert "From now on I write in this language." in await town.command("Ann Ash", "language English")


async def test_an_inactive_person_is_a_stranger(town: Town) -> None:
    async with town.store.transaction() as tx:
        await imports.import_roster(
            tx, "Town", roster_of({"Oak": ["Bob Box"], "Elm": FOUR["Elm"]}), town.now, dry_run=False
        )
    before = await dump(town.store, without=QUIET)

    for command in ("status", "my data", "tell hello", "join"):
        assert "I do not know you yet." in await town.command("Ann Ash", command)

    assert await dump(town.store, without=QUIET) == before
