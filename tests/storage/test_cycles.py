from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import func, select

from bot.errors import UserError
from bot.model import CycleState, EnrolmentState
from storage.tables import pack_snapshot
from tests.storage.world import FILES, HOUR, NOW, World, enrolment, new_cycle


async def test_a_cycle_comes_back_as_it_was_added(world: World) -> None:
    async with world.store.transaction() as tx:
        assert await tx.cycles.get(world.cycle.id) == world.cycle
        assert await tx.cycles.pack_files(world.cycle.id) == FILES


async def test_a_second_open_cycle_is_refused_and_changes_nothing(world: World) -> None:
    async with world.store.transaction() as tx:
        with pytest.raises(UserError) as refused:
            await tx.cycles.add(new_cycle(world.partnership_id, CycleState.DRAFT), FILES)

        assert refused.value.key == "cycle-is-open"
        assert await tx.cycles.all_of(world.partnership_id) == (world.cycle,)


async def test_after_one_is_closed_another_may_begin(world: World) -> None:
    closed = replace(world.cycle, state=CycleState.CLOSED, closed_at=NOW)
    async with world.store.transaction() as tx:
        await tx.cycles.save(closed)
        assert await tx.cycles.current(world.partnership_id) is None
        second = await tx.cycles.add(new_cycle(world.partnership_id, CycleState.DRAFT), FILES)

        assert await tx.cycles.current(world.partnership_id) == second
        assert await tx.cycles.last(world.partnership_id) == second
        assert await tx.cycles.all_of(world.partnership_id) == (second, closed)


async def test_another_partnership_may_have_its_own_cycle_at_the_same_time(world: World) -> None:
    async with world.store.transaction() as tx:
        other = await tx.schools.add_partnership("Three Hills")
        second = await tx.cycles.add(new_cycle(other.id), FILES)

        assert await tx.cycles.current(world.partnership_id) == world.cycle
        assert await tx.cycles.current(other.id) == second


async def test_cycles_share_the_same_files_and_each_keeps_its_own_where_they_differ(world: World) -> None:
    edited = {**FILES, "pack.yaml": "id: joint-practice-6wk # the same version, edited"}
    async with world.store.transaction() as tx:
        ids = [(await tx.schools.add_partnership(name)).id for name in ("Three Hills", "Four Lakes")]
        same = await tx.cycles.add(new_cycle(ids[0]), dict(reversed(FILES.items())))
        different = await tx.cycles.add(new_cycle(ids[1]), edited)

        assert await tx.cycles.pack_files(same.id) == FILES
        assert await tx.cycles.pack_files(different.id) == edited
        assert await tx.cycles.pack_files(world.cycle.id) == FILES
        assert await tx.connection.scalar(select(func.count()).select_from(pack_snapshot)) == 2


async def test_what_may_change_is_saved(world: World) -> None:
    changed = replace(
        world.cycle,
        name="Spring",
        goal="Every child asks",
        starts_on=date(2027, 1, 4),
        state=CycleState.PAUSED,
        confirmed_at=NOW + HOUR,
    )
    async with world.store.transaction() as tx:
        await tx.cycles.save(changed)

        assert await tx.cycles.get(world.cycle.id) == changed


async def test_inviting_again_keeps_what_was_answered(world: World) -> None:
    anest = world.members["Anest"]
    async with world.store.transaction() as tx:
        kept = await tx.cycles.enrolment(world.cycle.id, anest)
        assert kept is not None
        await tx.cycles.save_enrolment(replace(kept, state=EnrolmentState.DECLINED, asked_for_another=True))
        await tx.cycles.invite([replace(kept, state=EnrolmentState.INVITED, answered_at=None)])
        await tx.cycles.invite([])
        again = await tx.cycles.enrolment(world.cycle.id, anest)

        assert again == replace(kept, state=EnrolmentState.DECLINED, asked_for_another=True)
        assert await tx.cycles.enrolment(world.cycle.id, 999) is None


async def test_the_cohort_is_who_has_accepted(world: World) -> None:
    async with world.store.transaction() as tx:
        seat = world.seat("Anest")
        declined = enrolment(world.cycle.id, seat.member_id, seat.school_id)
        await tx.cycles.save_enrolment(replace(declined, state=EnrolmentState.DECLINED))
        await tx.cycles.lock_cohort(world.cycle.id)
        enrolments = await tx.cycles.enrolments(world.cycle.id)

    assert len(enrolments) == 4
    assert {each.member_id for each in enrolments if not each.in_cohort} == {seat.member_id}


async def test_a_cycle_that_nobody_knows_is_a_lookup_error(world: World) -> None:
    async with world.store.transaction() as tx:
        with pytest.raises(LookupError):
            await tx.cycles.get(999)
        with pytest.raises(LookupError):
            await tx.cycles.pack_files(999)
