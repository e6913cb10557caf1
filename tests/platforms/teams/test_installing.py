"""Admission of tenants by a one-time code, and of people by their e-mail address."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.errors import Blocked
from bot.model import Address, Member
from bot.prompts import Prompts
from bot.use_cases import workspaces
from storage.store import SqlStore
from tests.journeys.town import roster_of
from tests.platforms.slack.mishaps import Status
from tests.platforms.teams import reading
from tests.platforms.teams.fake import FakeMicrosoft
from tests.platforms.teams.stage import NOW, Stage, logs, on_stage

OAK, ELM = "tenant-oak", "tenant-elm"
UNLINKED = "does not belong to a partnership yet"
UNKNOWN = "I do not know you yet."


@pytest.fixture
async def stage(microsoft: FakeMicrosoft, prompts: Prompts, store: SqlStore) -> AsyncIterator[Stage]:
    """Run the adapter with two schools on the roster, whose people are in two tenants that are not admitted."""
    async with store.transaction() as tx:
        made = await tx.schools.add_partnership("Town")
        await tx.schools.apply(made.id, roster_of({"Oak": ["Ann Ash"], "Elm": ["Cat Cox"]}), NOW)
    async with on_stage(microsoft, prompts, store) as stage:
        for member in await members(store):
            tenant = ELM if member.name in ("Cat Cox", "Head Elm") else OAK
            stage.people.add(member.name, tenant, member.email)
        yield stage
    assert microsoft.world.faults == []


async def members(store: SqlStore) -> tuple[Member, ...]:
    async with store.transaction() as tx:
        partnership = await tx.schools.partnership_named("Town")
        assert partnership is not None
        return tuple(await tx.members.of(partnership.id))


async def code_for(store: SqlStore, school: str) -> str:
    async with store.transaction() as tx:
        partnership = await tx.schools.partnership_named("Town")
        assert partnership is not None
        [found] = [each for each in await tx.schools.of(partnership.id) if each.name == school]
        return await workspaces.make_code(tx, found, NOW)


async def address_of(store: SqlStore, name: str) -> Address | None:
    [member] = [each for each in await members(store) if each.name == name]
    async with store.transaction() as tx:
        return await tx.members.address_of(member.id)


def last(stage: Stage, who: str) -> str:
    """Return the newest message to a person, with its summary."""
    line = [each for each in stage.microsoft.world.seen(who) if each.by_bot][-1]
    return f"{line.summary}\n{reading.shown(line.card)}"


async def let_in(stage: Stage, store: SqlStore, who: str = "Ann Ash", school: str = "Oak") -> None:
    await stage.people.install(who)
    await stage.people.say(who, f"link {await code_for(store, school)}")
    assert "Welcome." in last(stage, who)


async def test_a_tenant_that_nobody_let_in_is_told_one_sentence(stage: Stage, store: SqlStore) -> None:
    await stage.people.install("Ann Ash")
    assert UNLINKED in last(stage, "Ann Ash")
    for words in ("status", "my data", "link NOPE-NOPE-NOPE", "Tama is late"):
        await stage.people.say("Ann Ash", words)

    assert await address_of(store, "Ann Ash") is None
    assert stage.microsoft.world.count("member") == 0, "nobody is asked about"
    assert "Oak" not in "".join(reading.shown(line.card) for line in stage.microsoft.world.seen("Ann Ash"))


async def test_a_code_lets_the_tenant_in_once_and_its_people_are_known_by_email(
    stage: Stage, store: SqlStore
) -> None:
    code = await code_for(store, "Oak")
    await stage.people.install("Ann Ash")
    await stage.people.say("Ann Ash", f"link {code}")
    await stage.people.say("Ann Ash", "status")
    known = await address_of(store, "Ann Ash")

    await stage.people.install("Cat Cox")
    await stage.people.say("Cat Cox", f"/link {code.lower()}")

    assert known is not None
    assert (known.platform, known.workspace, known.user) == ("teams", OAK, "aad-Ann Ash")
    assert UNLINKED not in last(stage, "Ann Ash")
    assert "I do not know that code, or it has been used" in last(stage, "Cat Cox")
    await stage.people.say("Cat Cox", "status")
    assert UNLINKED in last(stage, "Cat Cox")


async def test_each_school_has_a_tenant_of_its_own_and_nobody_of_another_is_known_there(
    stage: Stage, store: SqlStore
) -> None:
    await let_in(stage, store)
    stage.people.add("Impostor", OAK, stage.microsoft.world.person("Cat Cox").email, installed=True)

    await stage.people.say("Impostor", "status")

    assert UNKNOWN in last(stage, "Impostor")
    assert await address_of(store, "Cat Cox") is None


async def test_guests_and_strangers_are_nobody(stage: Stage, store: SqlStore) -> None:
    await let_in(stage, store)
    ann = stage.microsoft.world.person("Ann Ash").email
    stage.people.add("Guest", OAK, ann, principal="ann_x.example#EXT#@oak.example", installed=True)
    stage.people.add("Stranger", OAK, "stranger@elsewhere.example", installed=True)
    stage.people.add("Nobody", OAK, "", installed=True)

    for who in ("Guest", "Stranger", "Nobody"):
        await stage.people.say(who, "my data")
        assert UNKNOWN in last(stage, who)


async def test_a_tenant_that_does_not_tell_is_asked_again(stage: Stage, store: SqlStore) -> None:
    await let_in(stage, store)
    stage.microsoft.fail("member", Status(503))

    await stage.people.say("Ann Ash", "status")
    assert await address_of(store, "Ann Ash") is None
    await stage.people.say("Ann Ash", "status")

    assert await address_of(store, "Ann Ash") is not None


async def test_where_somebody_is_written_to_is_kept_anew_with_every_event(
    stage: Stage, store: SqlStore
) -> None:
    await let_in(stage, store)
    await stage.people.say("Ann Ash", "status")
    moved = stage.people.activity("Ann Ash", recipient={"id": "28:moved"}, text="help")

    await stage.people.raw(json.dumps(moved).encode(), {"Authorization": f"Bearer {stage.people.token()}"})

    known = await address_of(store, "Ann Ash")
    assert known is not None
    assert "28:moved" in known.route
    stage.microsoft.world.faults.clear()  # the answer came from where it was written to


async def test_whoever_uninstalls_is_written_to_no_more_until_they_are_back(
    stage: Stage, store: SqlStore, prompts: Prompts
) -> None:
    await let_in(stage, store)
    await stage.people.say("Ann Ash", "status")
    await stage.people.uninstall("Ann Ash")
    assert await address_of(store, "Ann Ash") is None

    stage.now += timedelta(days=3)
    await stage.beat(store, prompts)
    await stage.people.install("Ann Ash")

    assert await address_of(store, "Ann Ash") is not None
    assert "What I can do for you" in last(stage, "Ann Ash")


async def test_whoever_removed_us_while_we_slept_is_tried_again_and_hears_when_they_come_back(
    stage: Stage, store: SqlStore
) -> None:
    await let_in(stage, store)
    await stage.people.say("Ann Ash", "status")
    known = await address_of(store, "Ann Ash")
    assert known is not None
    stage.microsoft.world.people["Ann Ash"] = replace(
        stage.microsoft.world.person("Ann Ash"), installed=False
    )

    with logs(), pytest.raises(Blocked):
        await stage.messenger.send(known, reading.message({"body": [], "fallbackText": "Hello."}), 1)

    assert await address_of(store, "Ann Ash") == known
