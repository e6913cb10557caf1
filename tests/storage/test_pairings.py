from __future__ import annotations

from dataclasses import replace

import pytest

from bot.model import PairingState, Reason
from tests.storage.world import HOUR, NOW, World

REASONS = (Reason("offer", (("giver", "1"), ("taker", "2"), ("practice", "talk"))), Reason("new-tie"))


async def test_a_proposal_comes_back_with_its_seats_in_order_and_its_reasons(world: World) -> None:
    new = replace(world.pair("Tama", "Anest", "Bethan"), reasons=REASONS)
    async with world.store.transaction() as tx:
        (proposed,) = await tx.pairings.propose(world.cycle.id, [new], NOW)

        assert await tx.pairings.get(proposed.id) == proposed

    assert proposed.number == 1
    assert proposed.state is PairingState.PROPOSED
    assert proposed.seats == new.seats
    assert proposed.reasons == REASONS


async def test_a_new_preview_takes_the_place_of_the_old_one_and_counts_from_one_again(world: World) -> None:
    async with world.store.transaction() as tx:
        first = await tx.pairings.propose(
            world.cycle.id, [world.pair("Anest", "Tama"), world.pair("Bethan", "Rosa")], NOW
        )
        second = await tx.pairings.propose(world.cycle.id, [world.pair("Anest", "Rosa")], NOW)

        assert await tx.pairings.of_cycle(world.cycle.id) == second
        assert await tx.pairings.propose(world.cycle.id, [], NOW) == ()

    assert [each.number for each in first] == [1, 2]
    assert [each.number for each in second] == [1]
    assert {each.id for each in first}.isdisjoint(each.id for each in second), "an id never names another"


async def test_confirming_makes_every_proposal_live(world: World) -> None:
    async with world.store.transaction() as tx:
        (proposed,) = await tx.pairings.propose(world.cycle.id, [world.pair("Anest", "Tama")], NOW)
        assert await tx.pairings.of_member(world.cycle.id, world.members["Anest"]) is None
        assert await tx.pairings.history(world.partnership_id) == ()
        await tx.pairings.confirm(world.cycle.id, NOW + HOUR)
        live = await tx.pairings.of_member(world.cycle.id, world.members["Anest"])

    assert live == replace(proposed, state=PairingState.LIVE)


async def test_later_proposals_are_numbered_after_the_live_ones(world: World) -> None:
    async with world.store.transaction() as tx:
        await world.meet(tx, "Anest", "Tama")
        (proposed,) = await tx.pairings.propose(world.cycle.id, [world.pair("Bethan", "Rosa")], NOW)

        assert [each.number for each in await tx.pairings.of_cycle(world.cycle.id)] == [1, 2]
    assert proposed.number == 2


async def test_an_ended_pairing_frees_its_members_and_stays_in_the_history(world: World) -> None:
    anest, tama, rosa = (world.members[name] for name in ("Anest", "Tama", "Rosa"))
    async with world.store.transaction() as tx:
        first = await world.meet(tx, "Anest", "Tama")
        await tx.pairings.end(first.id, NOW + HOUR)
        await tx.pairings.end(first.id, NOW + 2 * HOUR)
        second = await world.meet(tx, "Anest", "Rosa")

        assert await tx.pairings.of_member(world.cycle.id, tama) is None
        assert await tx.pairings.of_member(world.cycle.id, anest) == second
        assert await tx.pairings.of_cycle(world.cycle.id) == (second,)
        ended, _ = await tx.pairings.all_of_cycle(world.cycle.id)
        history = await tx.pairings.history(world.partnership_id)

    assert ended == replace(first, state=PairingState.ENDED, ended_at=NOW + HOUR)
    assert second.number == 2
    assert history == (
        (world.cycle.id, frozenset((anest, tama))),
        (world.cycle.id, frozenset((anest, rosa))),
    )


async def test_a_proposal_that_was_ended_never_met(world: World) -> None:
    async with world.store.transaction() as tx:
        (proposed,) = await tx.pairings.propose(world.cycle.id, [world.pair("Anest", "Tama")], NOW)
        await tx.pairings.end(proposed.id, NOW)

        assert await tx.pairings.history(world.partnership_id) == ()


async def test_a_third_joins_and_the_three_count_as_three_pairs(world: World) -> None:
    anest, tama, bethan = (world.members[name] for name in ("Anest", "Tama", "Bethan"))
    async with world.store.transaction() as tx:
        pairing = await world.meet(tx, "Anest", "Tama")
        await tx.pairings.add_third(pairing.id, world.seat("Bethan"))
        of_three = await tx.pairings.of_member(world.cycle.id, bethan)
        history = await tx.pairings.history(world.partnership_id)

    assert of_three is not None
    assert of_three.member_ids == (anest, tama, bethan)
    assert {pair for _, pair in history} == {
        frozenset((anest, tama)),
        frozenset((anest, bethan)),
        frozenset((tama, bethan)),
    }


async def test_the_history_of_another_partnership_is_its_own(world: World) -> None:
    async with world.store.transaction() as tx:
        other = await tx.schools.add_partnership("Three Hills")
        await world.meet(tx, "Anest", "Tama")

        assert await tx.pairings.history(other.id) == ()


async def test_a_pairing_that_nobody_knows_is_a_lookup_error(world: World) -> None:
    async with world.store.transaction() as tx:
        with pytest.raises(LookupError):
            await tx.pairings.get(999)
