"""Who is met on Teams, and when: installed too early, blocked for a day, in two tenants, or named by a stranger."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.model import DeliveryKind, Member
from bot.prompts import Prompts
from bot.use_cases import rosters
from bot.use_cases.owing import owe_outside_cycles
from storage.store import SqlStore
from tests.journeys.town import COORDINATOR, roster_of
from tests.platforms.slack.mishaps import Mishap, Status
from tests.platforms.teams.fake import FakeMicrosoft
from tests.platforms.teams.stage import NOW, Stage, logs, on_stage
from tests.platforms.teams.test_installing import (
    ELM,
    OAK,
    UNKNOWN,
    UNLINKED,
    address_of,
    code_for,
    last,
    members,
)

EVIL = "tenant-evil"
PEOPLE = {"Oak": ["Ann Ash", "Bob Box"], "Elm": ["Cat Cox"]}


async def import_roster(store: SqlStore, people: dict[str, list[str]]) -> None:
    async with store.transaction() as tx:
        await rosters.import_roster(tx, "Town", roster_of(people), NOW, dry_run=False)


@pytest.fixture
async def stage(microsoft: FakeMicrosoft, prompts: Prompts, store: SqlStore) -> AsyncIterator[Stage]:
    """Run the adapter with two schools on the roster, whose people are in two tenants that are not linked."""
    await import_roster(store, PEOPLE)
    async with on_stage(microsoft, prompts, store) as stage:
        for member in await members(store):
            tenant = ELM if member.name in ("Cat Cox", "Head Elm") else OAK
            stage.people.add(member.name, tenant, member.email)
        yield stage
    assert microsoft.world.faults == []


async def member(store: SqlStore, name: str) -> Member:
    [found] = [each for each in await members(store) if each.name == name]
    return found


async def owe_something(store: SqlStore, stage: Stage, name: str) -> None:
    """Owe a person a message that needs no cycle: a coordinator's request about themselves."""
    person = await member(store, name)
    async with store.transaction() as tx:
        occurrence = f"moved {stage.now.isoformat()}"
        await owe_outside_cycles(
            tx, DeliveryKind.REQUEST, person.id, [person], stage.now, occurrence=occurrence
        )


async def heard(stage: Stage, who: str) -> list[str]:
    return [line.summary for line in stage.microsoft.world.seen(who) if line.by_bot]


# --- too early --------------------------------------------------------------------------------------------------------


async def test_a_school_that_follows_the_guide_to_the_letter_gets_its_messages(
    stage: Stage, store: SqlStore, prompts: Prompts
) -> None:
    """An administrator installs the app for everybody, and then links the tenant."""
    for who in ("Ann Ash", "Bob Box", COORDINATOR):
        await stage.people.install(who)
        assert UNLINKED in last(stage, who)
    await stage.people.say("Ann Ash", f"link {await code_for(store, 'Oak')}")
    await owe_something(store, stage, "Ann Ash")
    await owe_something(store, stage, "Bob Box")

    await stage.beat(store, prompts)

    for who in ("Ann Ash", "Bob Box"):
        assert "asks you to get in touch" in last(stage, who)
    assert await address_of(store, COORDINATOR) is not None


async def test_who_came_before_the_roster_named_them_is_met_by_the_next_import(
    stage: Stage, store: SqlStore, prompts: Prompts
) -> None:
    await stage.people.install("Ann Ash")
    await stage.people.say("Ann Ash", f"link {await code_for(store, 'Oak')}")
    stage.people.add("Eve East", OAK, "eve.east@example.org")
    await stage.people.install("Eve East")
    assert UNKNOWN in last(stage, "Eve East")
    await stage.beat(store, prompts)
    asked = stage.microsoft.world.count("member")
    await stage.beat(store, prompts)
    assert stage.microsoft.world.count("member") == asked, "nobody is asked about twice for one roster"

    await import_roster(store, {**PEOPLE, "Oak": [*PEOPLE["Oak"], "Eve East"]})
    await stage.beat(store, prompts)

    assert await address_of(store, "Eve East") is not None


async def test_a_directory_that_is_silent_is_asked_again_later(
    stage: Stage, store: SqlStore, prompts: Prompts
) -> None:
    await stage.people.install("Bob Box")
    await stage.people.install("Ann Ash")
    await stage.people.say("Ann Ash", f"link {await code_for(store, 'Oak')}")
    stage.microsoft.fail("member", Status(503), Status(503))
    await stage.beat(store, prompts)
    assert await address_of(store, "Bob Box") is None

    stage.now += timedelta(minutes=10)
    await stage.beat(store, prompts)

    assert await address_of(store, "Bob Box") is not None


async def test_who_removed_the_app_before_the_tenant_was_linked_is_not_asked_about(
    stage: Stage, store: SqlStore, prompts: Prompts
) -> None:
    await stage.people.install("Bob Box")
    await stage.people.uninstall("Bob Box")
    await stage.people.install("Ann Ash")
    await stage.people.say("Ann Ash", f"link {await code_for(store, 'Oak')}")

    await stage.beat(store, prompts)

    assert await address_of(store, "Bob Box") is None
    assert stage.microsoft.world.count("member") == 1, "Ann alone"


# --- a no that does not last ------------------------------------------------------------------------------------------


async def connected(stage: Stage, store: SqlStore, prompts: Prompts) -> None:
    await stage.people.install(COORDINATOR)
    await stage.people.install("Ann Ash")
    await stage.people.say("Ann Ash", f"link {await code_for(store, 'Oak')}")
    await stage.beat(store, prompts)


@pytest.mark.parametrize("mishap", [Status(403), Status(404)], ids=["a 403", "a 404"])
async def test_a_proxys_page_stops_nothing(
    stage: Stage, store: SqlStore, prompts: Prompts, mishap: Mishap
) -> None:
    await connected(stage, store, prompts)
    await owe_something(store, stage, "Ann Ash")
    stage.microsoft.fail("send", mishap)
    with logs():
        await stage.beat(store, prompts)

    stage.now += timedelta(minutes=2)
    await owe_something(store, stage, "Ann Ash")
    await stage.beat(store, prompts)

    assert (await heard(stage, "Ann Ash"))[-2:] == [(await heard(stage, "Ann Ash"))[-1]] * 2
    assert "asks you to get in touch" in last(stage, "Ann Ash")


async def test_a_block_that_is_lifted_is_over_the_next_day(
    stage: Stage, store: SqlStore, prompts: Prompts
) -> None:
    await connected(stage, store, prompts)
    stage.microsoft.world.person("Ann Ash").blocked = True
    await owe_something(store, stage, "Ann Ash")
    await stage.beat(store, prompts)
    stage.microsoft.world.person("Ann Ash").blocked = False

    stage.now += timedelta(days=1)
    await stage.beat(store, prompts)

    assert "asks you to get in touch" in last(stage, "Ann Ash")


async def test_whoever_writes_can_be_written_to_at_once(
    stage: Stage, store: SqlStore, prompts: Prompts
) -> None:
    await connected(stage, store, prompts)
    stage.microsoft.world.person("Ann Ash").blocked = True
    await owe_something(store, stage, "Ann Ash")
    await stage.beat(store, prompts)
    stage.microsoft.world.person("Ann Ash").blocked = False

    await stage.people.say("Ann Ash", "status")
    await stage.beat(store, prompts)

    assert "asks you to get in touch" in last(stage, "Ann Ash")


async def test_a_coordinator_hears_of_a_chat_that_takes_nothing_on_the_second_day_and_only_then(
    stage: Stage, store: SqlStore, prompts: Prompts
) -> None:
    await connected(stage, store, prompts)
    stage.microsoft.world.person("Ann Ash").blocked = True
    for _ in range(2):
        await owe_something(store, stage, "Ann Ash")
        await stage.beat(store, prompts)
        await stage.beat(store, prompts)
    told = "Ann Ash"
    assert not [each for each in await heard(stage, COORDINATOR) if told in each]

    for _ in range(3):
        stage.now += timedelta(days=1, minutes=1)
        await stage.beat(store, prompts)
        await stage.beat(store, prompts)

    about = [each for each in await heard(stage, COORDINATOR) if told in each]
    assert len(about) == 1
    assert "takes no messages" in about[0]


# --- somebody else's tenant -------------------------------------------------------------------------------------------


async def test_a_strangers_tenant_does_not_become_somebody_who_is_connected(
    stage: Stage, store: SqlStore, prompts: Prompts
) -> None:
    await connected(stage, store, prompts)
    known = await address_of(store, "Ann Ash")
    email = stage.microsoft.world.person("Ann Ash").email
    stage.people.add(
        "Mallory", EVIL, email
    )  # an administrator may give an account any name of a proved domain
    await stage.people.install("Mallory")
    await stage.people.say("Mallory", f"link {await code_for(store, 'Oak')}")
    assert "I ask the people who lead Oak first" in last(stage, "Mallory")
    await stage.people.say("Mallory", "my data")
    assert UNLINKED in last(stage, "Mallory")
    await stage.beat(store, prompts)
    assert "Another workspace wants to be linked to Oak" in last(stage, COORDINATOR)

    await stage.people.press(COORDINATOR, "Yes, it's ours")  # misled
    for words in ("my data", "status", "tell Cat I am Ann"):
        await stage.people.say("Mallory", words)
        assert UNKNOWN in last(stage, "Mallory")
    await stage.beat(store, prompts)

    assert "Is this you, too" in last(stage, "Ann Ash")
    await stage.people.press("Ann Ash", "No, that's not me")
    await stage.people.say("Mallory", "my data")
    assert UNKNOWN in last(stage, "Mallory")
    assert await address_of(store, "Ann Ash") == known
    assert stage.microsoft.world.files == {}
    assert not [each for each in await heard(stage, "Mallory") if "Ann" in each]


async def test_entras_mail_is_nobodys_proof(stage: Stage, store: SqlStore, prompts: Prompts) -> None:
    await connected(stage, store, prompts)
    email = stage.microsoft.world.person("Bob Box").email
    stage.people.add("Impostor", OAK, email, principal="impostor@oak.example")

    await stage.people.install("Impostor")

    assert UNKNOWN in last(stage, "Impostor")
    assert await address_of(store, "Bob Box") is None
    await stage.people.install("Bob Box")
    assert await address_of(store, "Bob Box") is not None


async def test_an_account_that_was_made_anew_is_theirs_once_the_old_one_takes_nothing(
    stage: Stage, store: SqlStore, prompts: Prompts
) -> None:
    await connected(stage, store, prompts)
    email = stage.microsoft.world.person("Ann Ash").email
    stage.microsoft.world.person("Ann Ash").blocked = True
    stage.people.add("New Ann", OAK, email)
    await stage.people.install("New Ann")
    assert UNKNOWN in last(stage, "New Ann")
    for _ in range(2):
        await stage.beat(store, prompts)
        stage.now += timedelta(days=1, minutes=1)
    await stage.beat(store, prompts)

    await stage.people.say("New Ann", "status")

    known = await address_of(store, "Ann Ash")
    assert known is not None
    assert known.user == "aad-New Ann"
