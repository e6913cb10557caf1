from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import text

from bot.model import Delivery, DeliveryKind, DeliveryState
from storage.store import SqlStore
from tests.storage.world import DAY, HOUR, NOW, World

LEASE = NOW + HOUR


async def owed(world: World, *deliveries: Delivery) -> tuple[Delivery, ...]:
    async with world.store.transaction() as tx:
        await tx.deliveries.owe(deliveries)
        return await tx.deliveries.of_cycle(world.cycle.id)


async def sent(world: World, delivery: Delivery, ref: str = "C1:1.0") -> Delivery:
    """Owe a delivery, claim it, and settle it as sent."""
    kept = next(each for each in await owed(world, delivery) if each.dedupe_key == delivery.dedupe_key)
    settled = replace(kept, state=DeliveryState.SENT, attempts=1, ref=ref, settled_at=NOW)
    async with world.store.transaction() as tx:
        await tx.deliveries.settle([settled])
    return settled


async def test_planning_twice_owes_once_when_it_was_planned_last(world: World) -> None:
    first = world.delivery("Anest", 1)
    await owed(world, first, first)
    later = replace(first, due_at=NOW + HOUR, expires_at=NOW + DAY)
    kept = await owed(world, world.delivery("Tama", 1), replace(first, occurrence="2"), later)

    assert {(each.member_id, each.occurrence, each.due_at, each.expires_at) for each in kept} == {
        (world.members["Anest"], "", NOW + HOUR, NOW + DAY),
        (world.members["Tama"], "", NOW, None),
        (world.members["Anest"], "2", NOW, None),
    }


async def test_what_was_dropped_is_due_when_it_is_owed_again(world: World) -> None:
    await owed(world, world.delivery("Anest", 1))
    async with world.store.transaction() as tx:
        await tx.deliveries.drop(member_id=world.members["Anest"], cycle_id=None, reason="left", now=NOW)
    (kept,) = await owed(world, world.delivery("Anest", 1, due_at=NOW + DAY))

    assert (kept.state, kept.reason, kept.due_at) == (DeliveryState.QUEUED, "", NOW + DAY)
    assert kept.settled_at is None


async def test_what_was_sent_is_never_owed_again_and_its_update_goes_out_at_once(world: World) -> None:
    before = await sent(world, world.delivery("Anest", 1))
    assert await owed(world, world.delivery("Anest", 1, due_at=NOW + DAY)) == (before,)

    async with world.store.transaction() as tx:
        await tx.deliveries.refresh(before.kind, 1, NOW)
    (waiting,) = await owed(world, world.delivery("Anest", 1, due_at=NOW + DAY))

    assert (waiting.state, waiting.due_at) == (DeliveryState.QUEUED, NOW)


async def test_what_is_owed_comes_back_as_it_was(world: World) -> None:
    new = replace(world.delivery("Anest", 1), expires_at=NOW + DAY, occurrence="2026-11-23")
    (kept,) = await owed(world, new)

    assert kept == replace(new, id=kept.id)


async def test_what_is_due_is_claimed_oldest_first_up_to_the_limit_and_nothing_else(world: World) -> None:
    await owed(
        world,
        world.delivery("Anest", 1, due_at=NOW),
        world.delivery("Anest", 2, due_at=NOW - HOUR),
        world.delivery("Anest", 3, due_at=NOW - DAY),
        world.delivery("Anest", 4, due_at=NOW + HOUR),
    )
    async with world.store.transaction() as tx:
        first = await tx.deliveries.claim(NOW, LEASE, 2)
        second = await tx.deliveries.claim(NOW, LEASE, 2)
        third = await tx.deliveries.claim(NOW, LEASE, 2)

        assert await tx.deliveries.next_due() == NOW + HOUR
    assert [each.subject_id for each in first] == [3, 2]
    assert [each.subject_id for each in second] == [1]
    assert third == ()
    assert {each.state for each in (*first, *second)} == {DeliveryState.SENDING}


async def test_claimers_at_the_same_moment_never_share_a_row(world: World, other_store: SqlStore) -> None:
    await owed(world, *(world.delivery("Anest", number) for number in range(100)))

    async def claim(by: SqlStore) -> list[int]:
        claimed: list[int] = []
        while True:
            async with by.transaction() as tx:
                batch = await tx.deliveries.claim(NOW, LEASE, 7)
            if not batch:
                return claimed
            claimed += [each.subject_id for each in batch]

    claims = await asyncio.gather(*(claim(each) for each in (world.store, other_store) * 3))

    assert sorted(number for claimed in claims for number in claimed) == list(range(100))


async def test_on_postgresql_a_claim_does_not_wait_for_another_that_is_still_open(
    postgresql_url: str,
) -> None:
    store = SqlStore(postgresql_url)
    world = await World.begin(store)
    await owed(world, world.delivery("Anest", 1), world.delivery("Anest", 2))

    async with store.transaction() as mine, store.transaction() as theirs:
        first = await mine.deliveries.claim(NOW, LEASE, 1)
        second = await theirs.deliveries.claim(NOW, LEASE, 2)
    await store.close()

    assert [each.subject_id for each in first] == [1]
    assert [each.subject_id for each in second] == [2]


async def test_a_lease_that_ended_leaves_the_delivery_uncertain_never_queued(world: World) -> None:
    await owed(world, world.delivery("Anest", 1), world.delivery("Tama", 1))
    async with world.store.transaction() as tx:
        await tx.deliveries.claim(NOW, LEASE, 1)
        await tx.deliveries.claim(NOW, LEASE + HOUR / 4, 1)

        assert await tx.deliveries.mark_expired_leases(LEASE - HOUR / 2) == 0
        assert await tx.deliveries.mark_expired_leases(LEASE) == 1
        assert await tx.deliveries.mark_expired_leases(LEASE) == 0
        (lapsed,) = await tx.deliveries.claim_uncertain(LEASE, LEASE + HOUR, 10)
        assert await tx.deliveries.claim(LEASE, LEASE + HOUR, 10) == ()

    assert lapsed.state is DeliveryState.UNCERTAIN
    assert lapsed.member_id == world.members["Anest"]
    assert lapsed.attempts == 1


async def test_what_was_claimed_while_the_clock_was_ahead_lapses_as_well(world: World) -> None:
    await owed(world, world.delivery("Anest", 1))
    async with world.store.transaction() as tx:
        await tx.deliveries.claim(NOW + DAY, NOW + DAY + HOUR, 1)
        assert await tx.deliveries.mark_expired_leases(NOW) == 1


async def test_who_comes_after_their_lease_settles_nothing(world: World) -> None:
    await owed(world, world.delivery("Anest", 1), world.delivery("Tama", 1))
    async with world.store.transaction() as tx:
        slow, quick = await tx.deliveries.claim(NOW, LEASE, 2)
        await tx.deliveries.settle([replace(quick, state=DeliveryState.SENT, settled_at=NOW)])
        await tx.deliveries.mark_expired_leases(LEASE)
        (asked,) = await tx.deliveries.claim_uncertain(LEASE, LEASE + HOUR, 10)
        late = [replace(each, state=DeliveryState.FAILED, settled_at=LEASE) for each in (slow, quick)]

        assert await tx.deliveries.settle(late) == frozenset()
        assert await tx.deliveries.settle([replace(asked, state=DeliveryState.QUEUED)]) == {slow.id}
        assert await tx.deliveries.settle([replace(asked, state=DeliveryState.UNCERTAIN)]) == frozenset()
        ledger = await tx.deliveries.of_cycle(world.cycle.id)

    assert {each.id: each.state for each in ledger} == {
        slow.id: DeliveryState.QUEUED,
        quick.id: DeliveryState.SENT,
    }


async def test_of_a_whole_batch_what_is_still_held_is_settled_and_nothing_else(world: World) -> None:
    await owed(world, *(world.delivery("Anest", number) for number in range(40)))
    async with world.store.transaction() as tx:
        first = await tx.deliveries.claim(NOW, LEASE, 20)
        second = await tx.deliveries.claim(NOW, LEASE + HOUR, 20)
        await tx.deliveries.mark_expired_leases(LEASE)
        refs = [
            replace(each, state=DeliveryState.SENT, ref=f"C:{each.subject_id}", settled_at=NOW)
            for each in first + second
        ]
        settled = await tx.deliveries.settle(refs)
        ledger = {each.id: each for each in await tx.deliveries.of_cycle(world.cycle.id)}

    assert settled == {each.id for each in second}
    assert [ledger[each.id] for each in second] == refs[20:]
    assert {ledger[each.id].state for each in first} == {DeliveryState.UNCERTAIN}


async def test_what_is_being_asked_about_is_given_to_nobody_else_until_then(world: World) -> None:
    await owed(world, world.delivery("Anest", 1))
    async with world.store.transaction() as tx:
        await tx.deliveries.claim(NOW, LEASE, 1)
        await tx.deliveries.mark_expired_leases(LEASE)

        assert len(await tx.deliveries.claim_uncertain(LEASE, LEASE + HOUR, 10)) == 1
        assert await tx.deliveries.claim_uncertain(LEASE + HOUR / 2, LEASE + DAY, 10) == ()
        assert len(await tx.deliveries.claim_uncertain(LEASE + HOUR, LEASE + DAY, 10)) == 1


async def test_settling_writes_what_became_of_it_and_ends_the_lease(world: World) -> None:
    await owed(world, world.delivery("Anest", 1))
    async with world.store.transaction() as tx:
        (claimed,) = await tx.deliveries.claim(NOW, LEASE, 1)
        again = replace(claimed, state=DeliveryState.QUEUED, attempts=1, due_at=NOW + HOUR, reason="busy")
        await tx.deliveries.settle([again])
        (retried,) = await tx.deliveries.claim(NOW + HOUR, LEASE + HOUR, 1)
        failed = replace(
            retried, state=DeliveryState.FAILED, attempts=2, reason="unreachable", settled_at=NOW + HOUR
        )
        await tx.deliveries.settle([failed])

        assert await tx.deliveries.mark_expired_leases(NOW + DAY) == 0
        assert await tx.deliveries.of_cycle(world.cycle.id) == (failed,)
    assert retried.attempts == 1


async def test_refreshing_queues_what_was_sent_and_keeps_where_it_stands(world: World) -> None:
    digest = DeliveryKind.DIGEST
    was_sent = await sent(world, world.delivery("Anest", 1, digest))
    other = await sent(world, world.delivery("Anest", 2, digest), ref="C1:2.0")
    await owed(world, world.delivery("Tama", 1, digest, due_at=NOW + DAY))

    async with world.store.transaction() as tx:
        await tx.deliveries.refresh(digest, 1, NOW + HOUR)
        assert await tx.deliveries.was_sent(digest, 1, was_sent.member_id), "it stands there already"
        (claimed,) = await tx.deliveries.claim(NOW + HOUR, LEASE + HOUR, 10)
        ledger = await tx.deliveries.of_cycle(world.cycle.id)

    assert (claimed.id, claimed.ref, claimed.attempts) == (was_sent.id, was_sent.ref, 0)
    assert other in ledger
    assert [each.due_at for each in ledger if each.member_id == world.members["Tama"]] == [NOW + DAY]


async def test_what_never_reached_a_place_can_not_be_refreshed_there(world: World) -> None:
    await sent(world, world.delivery("Anest", 1), ref="")
    async with world.store.transaction() as tx:
        await tx.deliveries.refresh(DeliveryKind.CHECK_IN, 1, NOW)

        assert await tx.deliveries.next_due() is None


async def test_bringing_forward_never_puts_off(world: World) -> None:
    kind = DeliveryKind.CHALLENGE
    await owed(
        world,
        world.delivery("Anest", 1, kind, due_at=NOW + DAY),
        world.delivery("Tama", 2, kind, due_at=NOW - DAY),
        world.delivery("Rosa", 3, kind, due_at=NOW + DAY),
        world.delivery("Anest", 1, due_at=NOW + DAY),
    )
    async with world.store.transaction() as tx:
        await tx.deliveries.bring_forward(kind, [1, 2, 1], NOW)
        await tx.deliveries.bring_forward(kind, [], NOW)
        kept = await tx.deliveries.of_cycle(world.cycle.id)

    assert {(each.kind, each.subject_id): each.due_at for each in kept} == {
        (kind, 1): NOW,
        (kind, 2): NOW - DAY,
        (kind, 3): NOW + DAY,
        (DeliveryKind.CHECK_IN, 1): NOW + DAY,
    }


async def test_dropping_touches_only_what_is_queued_for_them(world: World) -> None:
    await sent(world, world.delivery("Anest", 1))
    outside = replace(world.delivery("Anest", 2), cycle_id=None)
    await owed(world, world.delivery("Anest", 3), world.delivery("Tama", 3), outside)
    anest = world.members["Anest"]

    async with world.store.transaction() as tx:
        in_cycle = await tx.deliveries.drop(
            member_id=anest, cycle_id=world.cycle.id, reason="left", now=NOW + HOUR
        )
        everywhere = await tx.deliveries.drop(member_id=anest, cycle_id=None, reason="forgotten", now=NOW)
        of_cycle = await tx.deliveries.drop(member_id=None, cycle_id=world.cycle.id, reason="closed", now=NOW)
        kept = await world.ledger(tx)
        with pytest.raises(ValueError, match="a member or a cycle"):
            await tx.deliveries.drop(member_id=None, cycle_id=None, reason="", now=NOW)

    assert (in_cycle, everywhere, of_cycle) == (1, 1, 1)
    assert [(each.state, each.reason) for each in kept] == [
        (DeliveryState.SENT, ""),
        (DeliveryState.DROPPED, "left"),
        (DeliveryState.DROPPED, "closed"),
        (DeliveryState.DROPPED, "forgotten"),
    ]


async def test_what_is_under_way_and_unwanted_goes_no_more_unless_it_is_owed_again(world: World) -> None:
    await owed(world, *(world.delivery("Anest", number) for number in range(4)))
    async with world.store.transaction() as tx:
        claimed = await tx.deliveries.claim(NOW, LEASE, 4)
        arrived, waits, doubted, wanted = claimed
        doubtful = replace(doubted, state=DeliveryState.UNCERTAIN)
        await tx.deliveries.settle([doubtful])
        anest, cycle = world.members["Anest"], world.cycle.id
        assert await tx.deliveries.drop(member_id=anest, cycle_id=cycle, reason="left", now=NOW) == 4
        await tx.deliveries.owe([replace(world.delivery("Anest", 3), expires_at=NOW + DAY)])
        again = [replace(each, state=DeliveryState.QUEUED) for each in (waits, wanted)]
        await tx.deliveries.settle(
            [replace(arrived, state=DeliveryState.SENT, ref="D:1", settled_at=NOW), *again]
        )
        [asked] = await tx.deliveries.claim_uncertain(NOW, NOW + HOUR, 9)
        await tx.deliveries.settle([replace(asked, state=DeliveryState.QUEUED)])
        found = await tx.deliveries.of_cycle(cycle)

    assert {each.subject_id: (each.state, each.reason, each.expires_at) for each in found} == {
        0: (DeliveryState.QUEUED, "", None),  # it stands there: what it says now is put in its place
        1: (DeliveryState.DROPPED, "left", None),
        2: (DeliveryState.DROPPED, "left", None),
        3: (DeliveryState.QUEUED, "", NOW + DAY),
    }


@pytest.mark.parametrize(
    ("meanwhile", "became", "expected"),
    [
        ("changed", DeliveryState.SENT, (DeliveryState.QUEUED, "")),  # mended where it stands
        ("changed", DeliveryState.QUEUED, (DeliveryState.QUEUED, "")),  # its words are made anew anyway
        ("changed", DeliveryState.DROPPED, (DeliveryState.QUEUED, "")),  # there is something to say after all
        ("changed", DeliveryState.FAILED, (DeliveryState.FAILED, "blocked")),
        ("left", DeliveryState.SENT, (DeliveryState.QUEUED, "")),
        ("left", DeliveryState.QUEUED, (DeliveryState.DROPPED, "left")),
        ("left", DeliveryState.DROPPED, (DeliveryState.DROPPED, "expired")),
        ("left, then changed", DeliveryState.QUEUED, (DeliveryState.DROPPED, "left")),
        ("left, then owed", DeliveryState.QUEUED, (DeliveryState.QUEUED, "")),
        ("owed", DeliveryState.DROPPED, (DeliveryState.QUEUED, "")),
    ],
)
@pytest.mark.parametrize("by_doubt", [False, True])
async def test_what_is_decided_while_it_is_under_way_holds_once_and_for_all(
    world: World,
    meanwhile: str,
    became: DeliveryState,
    expected: tuple[DeliveryState, str],
    *,
    by_doubt: bool,
) -> None:
    await owed(world, world.delivery("Anest", 1))
    reasons = {DeliveryState.FAILED: "blocked", DeliveryState.DROPPED: "expired"}
    outcome = {
        "state": became,
        "attempts": 3,
        "reason": reasons.get(became, ""),
        "ref": "D:1" if became is DeliveryState.SENT else "",
        "settled_at": None if became is DeliveryState.QUEUED else NOW,
    }
    async with world.store.transaction() as tx:
        [held] = await tx.deliveries.claim(NOW, LEASE, 1)
        for decided in meanwhile.split(", then "):
            match decided:
                case "left":
                    anest = world.members["Anest"]
                    await tx.deliveries.drop(member_id=anest, cycle_id=None, reason="left", now=NOW)
                case "changed":
                    await tx.deliveries.refresh(DeliveryKind.CHECK_IN, 1, NOW)
                case _:
                    await tx.deliveries.owe([world.delivery("Anest", 1)])
        if by_doubt:
            await tx.deliveries.settle([replace(held, state=DeliveryState.UNCERTAIN)])
            [held] = await tx.deliveries.claim_uncertain(NOW, NOW + HOUR, 1)
        await tx.deliveries.settle([replace(held, **outcome)])  # type: ignore[arg-type]  # of several kinds
        [found] = await tx.deliveries.of_cycle(world.cycle.id)
        assert (found.state, found.reason) == expected
        if expected[0] is not DeliveryState.QUEUED:
            return
        assert found.attempts == (3 if became is DeliveryState.QUEUED else 0)
        [again] = await tx.deliveries.claim(NOW + DAY, NOW + DAY + HOUR, 1)
        await tx.deliveries.settle([replace(again, state=DeliveryState.SENT, ref="D:1", settled_at=NOW)])
        [ended] = await tx.deliveries.of_cycle(world.cycle.id)
    assert ended.state is DeliveryState.SENT


async def test_what_waits_to_be_mended_where_it_stands_is_not_dropped(world: World) -> None:
    await sent(world, world.delivery("Anest", 1))
    async with world.store.transaction() as tx:
        await tx.deliveries.refresh(DeliveryKind.CHECK_IN, 1, NOW)
        anest = world.members["Anest"]
        assert await tx.deliveries.drop(member_id=anest, cycle_id=None, reason="left", now=NOW) == 0
        [found] = await tx.deliveries.of_cycle(world.cycle.id)
    assert found.state is DeliveryState.QUEUED


async def test_doubts_are_asked_about_in_the_order_in_which_it_is_their_turn(world: World) -> None:
    await owed(world, *(world.delivery("Anest", number) for number in range(4)))
    async with world.store.transaction() as tx:
        claimed = await tx.deliveries.claim(NOW, LEASE, 4)
        doubts = [replace(each, state=DeliveryState.UNCERTAIN) for each in claimed]
        await tx.deliveries.settle(doubts)
        first = await tx.deliveries.claim_uncertain(NOW, NOW + HOUR, 2)
        later = await tx.deliveries.claim_uncertain(NOW + HOUR, NOW + 2 * HOUR, 2)

    assert [each.subject_id for each in first] == [0, 1]
    assert [each.subject_id for each in later] == [2, 3]


async def test_what_failed_before_it_stood_anywhere_can_be_owed_again(world: World) -> None:
    await owed(world, world.delivery("Anest", 1))
    async with world.store.transaction() as tx:
        [claimed] = await tx.deliveries.claim(NOW, LEASE, 1)
        await tx.deliveries.settle(
            [
                replace(
                    claimed, state=DeliveryState.FAILED, reason="too-many-tries", attempts=10, settled_at=NOW
                )
            ]
        )
        await tx.deliveries.owe([world.delivery("Anest", 1, due_at=NOW + DAY)])
        [found] = await tx.deliveries.of_cycle(world.cycle.id)

    assert (found.state, found.reason, found.attempts, found.due_at) == (
        DeliveryState.QUEUED,
        "",
        0,
        NOW + DAY,
    )


async def test_an_ask_that_may_have_arrived_is_the_one_of_its_day(world: World) -> None:
    await owed(world, world.delivery("Anest", 1), world.delivery("Anest", 2, DeliveryKind.REMINDER))
    async with world.store.transaction() as tx:
        tried, died = await tx.deliveries.claim(NOW, LEASE, 2)
        await tx.deliveries.settle([replace(tried, state=DeliveryState.UNCERTAIN, settled_at=NOW)])
        assert await tx.deliveries.mark_expired_leases(LEASE) == 1
        anest = world.members["Anest"]
        assert await tx.deliveries.asks_sent([anest], NOW) == {anest: (NOW, LEASE)}
        assert await tx.deliveries.asks_sent([anest], NOW + DAY) == {}
    assert died.kind is DeliveryKind.REMINDER


async def test_only_asks_that_were_sent_that_day_count_as_asks(world: World) -> None:
    await sent(world, world.delivery("Anest", 1, DeliveryKind.CHECK_IN))
    await sent(world, world.delivery("Anest", 1, DeliveryKind.REMINDER))
    await sent(world, world.delivery("Anest", 1, DeliveryKind.NOTE))
    await sent(world, world.delivery("Tama", 1, DeliveryKind.CHECK_IN))
    await owed(world, world.delivery("Anest", 9, DeliveryKind.CHECK_IN))

    async with world.store.transaction() as tx:
        anest, tama = world.members["Anest"], world.members["Tama"]
        assert await tx.deliveries.asks_sent([anest], NOW) == {anest: (NOW, NOW)}
        assert await tx.deliveries.asks_sent([anest, tama], NOW) == {anest: (NOW, NOW), tama: (NOW,)}
        assert await tx.deliveries.asks_sent([anest], NOW + HOUR) == {}


async def test_of_two_workers_who_would_ask_at_the_same_moment_the_second_waits(world: World) -> None:
    await owed(world, world.delivery("Anest", 1), world.delivery("Anest", 2, DeliveryKind.REMINDER))
    await owed(world, world.delivery("Anest", 3, DeliveryKind.NOTE), world.delivery("Tama", 3))
    async with world.store.transaction() as tx:
        (first,) = await tx.deliveries.claim(NOW, LEASE, 1)
        second, note, other = await tx.deliveries.claim(NOW, LEASE + HOUR, 3)

        assert await tx.deliveries.behind_others((first, second, other)) == {second.id}
        await tx.deliveries.settle([replace(first, state=DeliveryState.SENT, settled_at=NOW)])
        assert await tx.deliveries.behind_others([second]) == frozenset()
    assert note.kind is DeliveryKind.NOTE


async def test_of_two_claimed_in_one_moment_the_one_that_was_due_first_goes(world: World) -> None:
    await owed(world, world.delivery("Anest", 1), world.delivery("Anest", 2, due_at=NOW - HOUR))
    async with world.store.transaction() as tx:
        (earlier,) = await tx.deliveries.claim(NOW, LEASE, 1)
        (later,) = await tx.deliveries.claim(NOW, LEASE, 1)

        assert (earlier.subject_id, later.subject_id) == (2, 1)
        assert await tx.deliveries.behind_others((earlier, later)) == {later.id}


async def test_what_was_sent_is_known_by_kind_subject_and_member(world: World) -> None:
    await sent(world, world.delivery("Anest", 1))
    await owed(world, world.delivery("Tama", 1))

    async with world.store.transaction() as tx:
        check_in = DeliveryKind.CHECK_IN
        assert await tx.deliveries.was_sent(check_in, 1, world.members["Anest"])
        assert not await tx.deliveries.was_sent(check_in, 1, world.members["Tama"])
        assert not await tx.deliveries.was_sent(check_in, 2, world.members["Anest"])
        assert not await tx.deliveries.was_sent(DeliveryKind.REMINDER, 1, world.members["Anest"])


async def test_the_next_check_in_of_a_member_is_the_first_that_is_queued(world: World) -> None:
    await owed(
        world,
        world.delivery("Anest", 1, due_at=NOW + DAY),
        world.delivery("Anest", 2, due_at=NOW + HOUR),
        world.delivery("Anest", 3, DeliveryKind.REMINDER, due_at=NOW),
        world.delivery("Tama", 4, due_at=NOW),
    )
    async with world.store.transaction() as tx:
        upcoming = await tx.deliveries.next_for(world.members["Anest"])
        assert await tx.deliveries.next_for(world.members["Rosa"]) is None

    assert upcoming is not None
    assert upcoming.subject_id == 2


@pytest.mark.parametrize(
    ("question", "index"),
    [
        ("SELECT id FROM delivery WHERE delivery.state = 'queued' AND due_at <= {now}", "ix_delivery_queued"),
        (
            "SELECT id FROM delivery WHERE delivery.state = 'sending' AND lease_until <= {now}",
            "ix_delivery_sending",
        ),
        ("SELECT id FROM delivery WHERE delivery.state = 'uncertain' ORDER BY id", "ix_delivery_uncertain"),
        (
            "SELECT id FROM delivery WHERE delivery.state = 'queued' AND lane IS NULL AND due_at <= {now} LIMIT 9",
            "ix_delivery_unlined",
        ),
        (
            "SELECT id FROM delivery WHERE state = 'queued' AND lane IS NOT NULL AND lane = 'T1' ORDER BY due_at",
            "ix_delivery_lined_up",
        ),
        ("SELECT name FROM lane WHERE lane.ready_at IS NOT NULL AND ready_at <= {now}", "ix_lane_awake"),
    ],
)
async def test_the_partial_indexes_answer_their_questions(
    store: SqlStore, database_url: str, question: str, index: str
) -> None:
    sqlite = database_url.startswith("sqlite")
    asked = question.format(now="'2026-11-24'" if sqlite else "timestamptz '2026-11-24'")
    async with store.transaction() as tx:
        if not sqlite:
            await tx.connection.execute(text("SET LOCAL enable_seqscan = off"))
        explain = "EXPLAIN QUERY PLAN " if sqlite else "EXPLAIN "
        plan = (await tx.connection.execute(text(explain + asked))).all()

    assert index in str(plan)
