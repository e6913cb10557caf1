from __future__ import annotations

from datetime import date, time, timedelta

import pytest
from sqlalchemy import select

from bot.model import Address, Hours, Profile
from storage.secrets import new_key
from storage.store import SqlStore
from storage.tables import held_words
from tests.storage.world import HOUR, NOW, World

SLACK = Address("slack", "T1", "U1", route="D1")
TEAMS = Address("teams", "tenant", "aad-1", route='{"conversation": 1}')


async def test_an_address_is_found_and_keeps_its_newest_route(world: World) -> None:
    async with world.store.transaction() as tx:
        await tx.members.connect(SLACK, world.members["Anest"], NOW)
        found = await tx.members.at(Address("slack", "T1", "U1", route="D2"), NOW + HOUR)
        without_route = await tx.members.at(Address("slack", "T1", "U1"), NOW + 2 * HOUR)
        kept = await tx.members.address_of(world.members["Anest"])

    assert found is not None
    assert found.given_name == "Anest"
    assert without_route == found
    assert kept is not None
    assert kept.route == "D2"


async def test_an_address_in_another_workspace_is_another_address(world: World) -> None:
    async with world.store.transaction() as tx:
        await tx.members.connect(SLACK, world.members["Anest"], NOW)

        assert await tx.members.at(Address("slack", "T2", "U1"), NOW) is None
        assert await tx.members.at(Address("teams", "T1", "U1"), NOW) is None


async def test_we_write_to_the_live_address_used_last(world: World) -> None:
    anest = world.members["Anest"]
    async with world.store.transaction() as tx:
        assert await tx.members.address_of(anest) is None
        await tx.members.connect(SLACK, anest, NOW)
        await tx.members.connect(TEAMS, anest, NOW + HOUR)
        assert await tx.members.address_of(anest) == TEAMS

        await tx.members.at(SLACK, NOW + 2 * HOUR)
        assert await tx.members.address_of(anest) == SLACK

        await tx.members.disconnect(SLACK, NOW + 3 * HOUR)
        assert await tx.members.address_of(anest) == TEAMS

        await tx.members.connect(SLACK, anest, NOW + 4 * HOUR)
        assert await tx.members.address_of(anest) == SLACK


async def test_an_address_can_move_to_another_member(world: World) -> None:
    async with world.store.transaction() as tx:
        await tx.members.connect(SLACK, world.members["Anest"], NOW)
        await tx.members.connect(SLACK, world.members["Tama"], NOW)

        assert await tx.members.address_of(world.members["Anest"]) is None
        assert await tx.members.address_of(world.members["Tama"]) == SLACK


async def test_an_e_mail_finds_its_member_in_any_case(world: World) -> None:
    async with world.store.transaction() as tx:
        (found,) = await tx.members.by_email(" Anest@S-Bryn.test ")

        assert found.id == world.members["Anest"]
        assert await tx.members.by_email("") == ()
        assert await tx.members.by_email("nobody@s-bryn.test") == ()


async def test_what_a_member_chooses_is_kept(world: World) -> None:
    anest = world.members["Anest"]
    hours = Hours(days=frozenset({0, 2, 6}), start=time(9), end=time(14, 30))
    profile = Profile(subjects=("maths", "music"), phase="primary", offers=("talk",), slots=("mon-before",))
    async with world.store.transaction() as tx:
        await tx.members.set_hours(anest, hours)
        await tx.members.set_language(anest, "cy")
        await tx.members.set_pause(anest, date(2026, 12, 1))
        await tx.members.set_profile(anest, Profile(needs=("feedback",)))
        await tx.members.set_profile(anest, profile)
    async with world.store.transaction() as tx:
        kept = await tx.members.get(anest)
        kept_profile = await tx.members.profile(anest)

    assert kept.hours == hours
    assert kept.language == "cy"
    assert kept.paused_until == date(2026, 12, 1)
    assert kept_profile == profile


async def test_many_come_at_once_and_who_has_no_profile_has_an_empty_one(world: World) -> None:
    wanted = [world.members["Anest"], world.members["Tama"], world.members["Tama"]]
    async with world.store.transaction() as tx:
        await tx.members.set_profile(world.members["Anest"], Profile(phase="primary"))
        members = await tx.members.many(wanted)
        profiles = await tx.members.profiles(wanted)

        assert await tx.members.many([]) == {}
        assert await tx.members.profile(world.members["Rosa"]) == Profile()

    assert {member.given_name for member in members.values()} == {"Anest", "Tama"}
    assert profiles == {world.members["Anest"]: Profile(phase="primary"), world.members["Tama"]: Profile()}


async def test_a_member_that_nobody_knows_is_a_lookup_error(world: World) -> None:
    async with world.store.transaction() as tx:
        with pytest.raises(LookupError):
            await tx.members.get(999)


async def test_held_words_are_taken_once_and_the_newest_count(world: World) -> None:
    anest = world.members["Anest"]
    async with world.store.transaction() as tx:
        await tx.members.keep_words(anest, "first words", NOW)
        await tx.members.keep_words(anest, "second words", NOW)

        assert await tx.members.take_words(anest) == "second words"
        assert await tx.members.take_words(anest) is None


async def test_kept_words_go_with_the_message_that_they_were_typed_in(world: World) -> None:
    anest = world.members["Anest"]
    async with world.store.transaction() as tx:
        await tx.members.keep_words(anest, "first words", NOW, "m1")
        await tx.members.keep_words(anest, "second words", NOW, "m2")

        assert not await tx.members.drop_words(anest, "m1")
        assert await tx.members.peek_words(anest) == "second words"
        assert await tx.members.drop_words(anest, "m2")
        assert await tx.members.peek_words(anest) is None


async def test_kept_words_cannot_be_read_without_the_key(world: World, database_url: str) -> None:
    anest, key = world.members["Anest"], new_key()
    first, second = SqlStore(database_url, keys=[key]), SqlStore(database_url, keys=[new_key(), key])
    async with first.transaction() as tx:
        await tx.members.keep_words(anest, "a marker that nobody may find", NOW)

    async with world.store.transaction() as tx:
        [row] = await tx.connection.execute(select(held_words))
        assert b"marker" not in bytes(row.sealed)
        assert await tx.members.peek_words(anest) is None  # another process without keys
    async with second.transaction() as tx:
        assert await tx.members.peek_words(anest) == "a marker that nobody may find"
    for store in (first, second):
        await store.close()


async def test_kept_words_go_after_a_day(world: World) -> None:
    anest = world.members["Anest"]
    async with world.store.transaction() as tx:
        await tx.members.keep_words(anest, "words", NOW)
        assert await tx.members.prune_words(NOW) == 0
        assert await tx.members.peek_words(anest) == "words"
        assert await tx.members.prune_words(NOW + timedelta(seconds=1)) == 1
        assert await tx.members.peek_words(anest) is None


async def test_two_are_blocked_whoever_is_named_first(world: World) -> None:
    anest, tama = world.members["Anest"], world.members["Tama"]
    async with world.store.transaction() as tx:
        other = await tx.schools.add_partnership("Three Hills")
        await tx.members.block(tama, anest, NOW)
        await tx.members.block(anest, tama, NOW)

        assert await tx.members.blocked(world.partnership_id) == {frozenset((anest, tama))}
        assert await tx.members.blocked(other.id) == frozenset()
