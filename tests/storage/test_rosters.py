from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model import Post, Profile, Role
from bot.model.roster import ChangeKind, Roster, RosterChange, RosterError, RosterPerson, RosterSchool
from bot.rules.roster_difference import Difference, difference
from storage.store import SqlStore
from tests.storage.world import BRYN, KAURI, NOW, RIVER, ROSTER, World, person

ANEST, TAMA, ROSA, BETHAN = ROSTER.people


def with_people(*people: RosterPerson) -> Roster:
    return replace(ROSTER, people=people)


async def imported(world: World, roster: Roster) -> tuple[RosterChange, ...]:
    """Import a roster; check that the same difference was shown before and none is left afterwards."""
    async with world.store.transaction() as tx:
        foreseen = (await tx.schools.compare(world.partnership_id, roster)).changes
        changes = await tx.schools.apply(world.partnership_id, roster, NOW)
        assert changes == foreseen
        assert (await tx.schools.compare(world.partnership_id, roster)).changes == ()
    return changes


async def test_a_first_import_adds_every_school_and_person(store: SqlStore) -> None:
    async with store.transaction() as tx:
        partnership = await tx.schools.add_partnership("Two Rivers", language="cy")
        changes = await tx.schools.apply(partnership.id, ROSTER, NOW)
        schools = await tx.schools.of(partnership.id)
        members = await tx.members.of(partnership.id)

    assert [change.kind for change in changes] == [ChangeKind.SCHOOL_ADDED] * 3 + [ChangeKind.ADDED] * 4
    assert [school.name for school in schools] == ["Kauri School", "Riverside", "Ysgol y Bryn"]
    assert {school.time_zone for school in schools} == {"Europe/London", "Pacific/Auckland"}
    assert {member.given_name for member in members} == {"Anest", "Tama", "Rosa", "Bethan"}
    assert {member.language for member in members} == {"cy"}, (
        "who says nothing speaks the partnership's language"
    )
    assert all(member.has(Role.TEACHER) for member in members)


async def test_looking_changes_nothing(world: World) -> None:
    async with world.store.transaction() as tx:
        await tx.schools.compare(world.partnership_id, with_people(person("Nia", RIVER)))
        names = {member.given_name for member in await tx.members.of(world.partnership_id)}

    assert names == {"Anest", "Tama", "Rosa", "Bethan"}


async def test_the_same_roster_again_changes_nothing(world: World) -> None:
    assert await imported(world, ROSTER) == ()


async def test_what_changed_is_named_by_field_and_never_by_value(world: World) -> None:
    renamed = replace(ANEST, family_name="Newname", email="New@Bryn.test")
    school = replace(BRYN, name="Ysgol Bryn Newydd", lead_name="Carys Lead")

    changes = await imported(
        world, Roster(schools=(school, KAURI, RIVER), people=(renamed, TAMA, ROSA, BETHAN))
    )

    assert changes == (
        RosterChange(ChangeKind.SCHOOL_CHANGED, "Ysgol Bryn Newydd", "name, lead_name"),
        RosterChange(ChangeKind.CHANGED, "Anest Newname", "family_name, email"),
    )
    async with world.store.transaction() as tx:
        kept = await tx.members.get(world.members["Anest"])
    assert (kept.family_name, kept.email) == ("Newname", "new@bryn.test")


async def test_what_the_file_does_not_say_stays(world: World) -> None:
    profile = Profile(subjects=("maths",), phase="primary", offers=("talk",))
    async with world.store.transaction() as tx:
        await tx.members.set_profile(world.members["Anest"], profile)
        await tx.members.set_language(world.members["Anest"], "cy")
        await tx.schools.set_settings(
            replace(world.schools["s-river"], holidays="IE", lead_name="Carys Lead")
        )

    assert await imported(world, ROSTER) == ()

    async with world.store.transaction() as tx:
        assert await tx.members.profile(world.members["Anest"]) == profile
        assert (await tx.schools.get(world.schools["s-river"].id)).holidays == "IE"


async def test_a_file_fills_an_empty_profile_and_leaves_what_somebody_chose(world: World) -> None:
    first = replace(ANEST, profile=Profile(subjects=("maths",), slots=("mon-before",)))
    second = replace(ANEST, profile=Profile(subjects=("music",)), language="cy")

    filled = await imported(world, with_people(first, TAMA, ROSA, BETHAN))
    changes = await imported(world, with_people(second, TAMA, ROSA, BETHAN))

    assert filled == (RosterChange(ChangeKind.CHANGED, "Anest Example", "profile"),)
    assert changes == ()
    async with world.store.transaction() as tx:
        assert await tx.members.profile(world.members["Anest"]) == first.profile
        assert (await tx.members.get(world.members["Anest"])).language == "en"


async def test_who_vanishes_becomes_inactive_keeps_their_enrolment_and_comes_back_the_same(
    world: World,
) -> None:
    gone = await imported(world, with_people(TAMA, ROSA, BETHAN))
    async with world.store.transaction() as tx:
        absent = await tx.members.get(world.members["Anest"])
        names = {member.given_name for member in await tx.members.of(world.partnership_id)}
        enrolment = await tx.cycles.enrolment(world.cycle.id, world.members["Anest"])
    back = await imported(world, ROSTER)
    async with world.store.transaction() as tx:
        present = await tx.members.get(world.members["Anest"])

    assert gone == (RosterChange(ChangeKind.INACTIVE, "Anest Example"),)
    assert not absent.active
    assert absent.name == "Anest Example"
    assert "Anest" not in names
    assert enrolment is not None
    assert back == (RosterChange(ChangeKind.BACK, "Anest Example"),)
    assert present == replace(absent, active=True)


async def test_who_is_marked_as_gone_becomes_inactive_and_nothing_else_of_them_changes(world: World) -> None:
    gone = replace(ANEST, active=False, given_name="", posts=())

    changes = await imported(world, with_people(gone, TAMA, ROSA, BETHAN))

    assert changes == (RosterChange(ChangeKind.INACTIVE, "Anest Example"),)


async def test_who_had_left_before_anybody_knew_them_is_not_kept(world: World) -> None:
    stranger = replace(person("Nia", RIVER), active=False)

    assert await imported(world, with_people(*ROSTER.people, stranger)) == ()


async def test_a_delta_names_only_what_changed(world: World) -> None:
    delta = Roster(schools=(), people=(replace(ANEST, given_name="Anest Mair"),), is_delta=True)

    changes = await imported(world, delta)

    assert changes == (RosterChange(ChangeKind.CHANGED, "Anest Mair Example", "given_name"),)


async def test_a_roster_of_one_school_says_nothing_about_the_others(world: World) -> None:
    only_bryn = Roster(schools=(BRYN,), people=(ANEST,))

    changes = await imported(world, only_bryn)

    assert changes == (RosterChange(ChangeKind.INACTIVE, "Bethan Example"),)


async def test_a_post_at_another_partners_school_survives_this_schools_roster(world: World) -> None:
    both = replace(ANEST, posts=((Role.TEACHER, "s-bryn"), (Role.COORDINATOR, "s-kauri")))
    await imported(world, with_people(both, TAMA, ROSA, BETHAN))

    assert await imported(world, Roster(schools=(BRYN,), people=(ANEST, BETHAN))) == ()

    changes = await imported(world, Roster(schools=(BRYN,), people=(BETHAN,)))
    assert changes == (RosterChange(ChangeKind.CHANGED, "Anest Example", "posts"),)
    async with world.store.transaction() as tx:
        kept = await tx.members.get(world.members["Anest"])
    assert kept.active
    assert kept.posts == (Post(Role.COORDINATOR, world.schools["s-kauri"].id),)


async def test_the_first_post_is_the_home_post_even_after_they_were_reordered(world: World) -> None:
    posts = ((Role.PRINCIPAL, "s-bryn"), (Role.TEACHER, "s-bryn"), (Role.TEACHER, "s-river"))
    await imported(world, with_people(replace(ANEST, posts=posts), TAMA, ROSA, BETHAN))
    changes = await imported(world, with_people(replace(ANEST, posts=posts[::-1]), TAMA, ROSA, BETHAN))

    async with world.store.transaction() as tx:
        kept = await tx.members.get(world.members["Anest"])
    assert changes == (RosterChange(ChangeKind.CHANGED, "Anest Example", "posts"),)
    assert kept.home_school_id == world.schools["s-river"].id
    assert [post.role for post in kept.posts] == [Role.TEACHER, Role.TEACHER, Role.PRINCIPAL]


async def test_a_person_at_a_school_nobody_knows_is_a_fault_and_changes_nothing(world: World) -> None:
    lost = person("Nia", RosterSchool(source_id="s-nowhere", name="Nowhere"))

    async with world.store.transaction() as tx:
        with pytest.raises(RosterError) as refused:
            await tx.schools.apply(world.partnership_id, with_people(*ROSTER.people, lost), NOW)

    assert [fault.key for fault in refused.value.faults] == ["roster.unknown-school"]


async def test_a_new_person_without_any_school_is_a_fault(world: World) -> None:
    async with world.store.transaction() as tx:
        with pytest.raises(RosterError) as refused:
            await tx.schools.compare(
                world.partnership_id, with_people(replace(person("Nia", RIVER), posts=()))
            )

    assert [fault.key for fault in refused.value.faults] == ["roster.person-without-school"]


async def test_two_partnerships_may_use_the_same_identifiers(world: World) -> None:
    async with world.store.transaction() as tx:
        other = await tx.schools.add_partnership("Three Hills")
        await tx.schools.apply(
            other.id, Roster(schools=(BRYN,), people=(replace(ANEST, given_name="Other"),)), NOW
        )
        kept = await tx.members.get(world.members["Anest"])
        theirs = await tx.members.of(other.id)

    assert kept.given_name == "Anest"
    assert [member.given_name for member in theirs] == ["Other"]


async def test_somebody_erased_is_a_new_person_when_a_roster_names_them_again(world: World) -> None:
    async with world.store.transaction() as tx:
        await tx.members.forget(world.members["Anest"], NOW)

    changes = await imported(world, ROSTER)

    assert changes == (RosterChange(ChangeKind.ADDED, "Anest Example"),)
    async with world.store.transaction() as tx:
        (again,) = await tx.members.by_email(ANEST.email)
        erased = await tx.members.get(world.members["Anest"])
    assert again.id != erased.id
    assert erased.name == ""


# --- the difference alone, over every kind of roster -----------------------------------------------------

SCHOOLS = ("s1", "s2", "s3")
schools = st.lists(
    st.builds(
        RosterSchool,
        source_id=st.sampled_from(SCHOOLS),
        name=st.sampled_from(["A", "B"]),
        time_zone=st.sampled_from([None, "Europe/London", "Pacific/Auckland"]),
    ),
    unique_by=lambda school: school.source_id,
).map(tuple)


@st.composite
def rosters(draw: st.DrawFn) -> Roster:
    drawn = draw(schools)
    posts = st.lists(
        st.tuples(st.sampled_from(Role), st.sampled_from([school.source_id for school in drawn] or [""])),
        min_size=1,
        max_size=3,
        unique=True,
    ).map(tuple)
    people = st.lists(
        st.builds(
            RosterPerson,
            source_id=st.sampled_from(["p1", "p2", "p3", "p4"]),
            given_name=st.sampled_from(["Anest", "Tama"]),
            family_name=st.just("Example"),
            email=st.sampled_from(["a@x.test", "B@x.test"]),
            posts=posts,
            language=st.sampled_from([None, "en", "cy"]),
            profile=st.sampled_from([None, Profile(), Profile(subjects=("maths",))]),
            active=st.booleans(),
        ),
        unique_by=lambda each: each.source_id,
    ).map(tuple)
    return Roster(schools=drawn, people=draw(people) if drawn else (), is_delta=draw(st.booleans()))


def after(kept: Roster, changes: Difference) -> Roster:
    """Return the stored roster after the difference is written."""
    new_schools = {school.source_id: school for school in kept.schools}
    new_schools |= {school.source_id: school for _, school in changes.schools}
    new_people = {each.source_id: each for each in kept.people} | {
        each.source_id: each for _, each in changes.people
    }
    return Roster(schools=tuple(new_schools.values()), people=tuple(new_people.values()))


@given(rosters(), rosters())
def test_importing_twice_changes_nothing_the_second_time(before: Roster, came: Roster) -> None:
    kept = after(Roster(schools=(), people=()), difference(Roster(schools=(), people=()), before))

    once = after(kept, difference(kept, came))

    assert difference(once, came).changes == ()


@given(rosters(), rosters())
def test_nobody_is_ever_removed_and_everybody_keeps_a_school(before: Roster, came: Roster) -> None:
    kept = after(Roster(schools=(), people=()), difference(Roster(schools=(), people=()), before))

    now = after(kept, difference(kept, came))

    assert {each.source_id for each in kept.people} <= {each.source_id for each in now.people}
    assert {each.source_id for each in kept.schools} <= {each.source_id for each in now.schools}
    assert all(each.posts for each in now.people)


@given(rosters(), rosters())
def test_only_a_full_roster_of_their_schools_makes_somebody_vanish(before: Roster, came: Roster) -> None:
    kept = after(Roster(schools=(), people=()), difference(Roster(schools=(), people=()), before))
    own = {school.source_id for school in came.schools}
    named = {each.source_id for each in came.people}

    gone = {
        before.source_id for before, after in difference(kept, came).people if before and not after.active
    }

    for source_id in gone - named:
        (person,) = (each for each in kept.people if each.source_id == source_id)
        assert not came.is_delta
        assert {school for _, school in person.posts} <= own
