from __future__ import annotations

from dataclasses import replace

from bot.model import Answer, CheckIn, CheckInState, DeliveryKind, DeliveryState, Share
from tests.storage.world import DAY, HOUR, NOW, World
from tests.support.statements import statements


def said(check_in: CheckIn, text: str, question: str = "focus", share: Share = Share.PARTNER) -> Answer:
    return Answer(
        check_in_id=check_in.id, question=question, text=text, share=share, language="en", given_at=NOW
    )


async def test_planning_twice_asks_once(world: World) -> None:
    planned = [world.check_in("Anest"), world.check_in("Tama")]
    async with world.store.transaction() as tx:
        first = await tx.check_ins.add(planned)
        again = await tx.check_ins.add([replace(planned[0], due_at=NOW + HOUR), world.check_in("Rosa")])

        assert await tx.check_ins.add([]) == ()
        assert await tx.check_ins.of_cycle(world.cycle.id) == (*first, *again)

    assert first == tuple(replace(each, id=kept.id) for each, kept in zip(planned, first, strict=True))
    assert [each.member_id for each in again] == [world.members["Rosa"]]


async def test_what_may_change_is_saved(world: World) -> None:
    async with world.store.transaction() as tx:
        kept = await world.ask(tx, "Anest")
        pairing = await world.meet(tx, "Anest", "Tama")
        changed = replace(
            kept,
            pairing_id=pairing.id,
            due_at=NOW + HOUR,
            closes_at=NOW + DAY,
            state=CheckInState.ANSWERED,
            asking="focus",
            suggested_at=NOW,
        )
        await tx.check_ins.save(changed)

        assert await tx.check_ins.get(kept.id) == changed
        assert await tx.check_ins.of_pairing(pairing.id, "focus") == (changed,)
        assert await tx.check_ins.of_pairing(pairing.id, "visit") == ()
        assert await tx.check_ins.get(999) is None


async def test_open_ones_are_those_put_and_not_yet_closed_oldest_first(world: World) -> None:
    async with world.store.transaction() as tx:
        late, early = world.check_in("Anest", step="late"), world.check_in("Anest", step="early")
        kept = await tx.check_ins.add(
            [
                replace(late, due_at=NOW + HOUR),
                replace(early, state=CheckInState.ANSWERED),
                replace(early, step="planned", state=CheckInState.PLANNED),
                replace(early, step="skipped", state=CheckInState.SKIPPED),
                replace(early, step="closed", due_at=NOW - DAY, closes_at=NOW),
            ]
        )
        open_ones = await tx.check_ins.open_for(world.members["Anest"], NOW)

        assert await tx.check_ins.of_member(world.cycle.id, world.members["Anest"]) == tuple(
            sorted(kept, key=lambda each: (each.due_at, each.id))
        )
    assert [each.step for each in open_ones] == ["early", "late"]


async def test_what_is_read_ahead_is_what_its_own_queries_return(world: World) -> None:
    anest, cycle_id = world.members["Anest"], world.cycle.id
    async with world.store.transaction() as tx:
        first, second = await world.ask(tx, "Anest"), await world.ask(tx, "Anest", step="plan")
        for question in ("why", "focus"):
            await tx.check_ins.answer(said(first, question, question=question))
        sent = replace(world.delivery("Anest", 1), state=DeliveryState.SENT, settled_at=NOW, ref="D1:1.0")
        await world.keep(tx, sent, replace(sent, subject_id=2, settled_at=NOW - HOUR))

    async with world.store.transaction() as tx:
        expected = (
            await tx.check_ins.open_for(anest, NOW),
            await tx.cycles.get(cycle_id),
            await tx.check_ins.answers_of(cycle_id, anest),
            await tx.deliveries.last_sent(anest),
        )
    async with world.store.transaction() as tx:
        open_now = await tx.check_ins.open_with_facts(anest, NOW)
        with statements(world.store) as later:
            ahead = (
                open_now,
                await tx.cycles.get(cycle_id),
                await tx.check_ins.answers_of(cycle_id, anest),
                await tx.deliveries.last_sent(anest),
            )
        await tx.check_ins.answer(said(second, "new"))
        assert "plan" in await tx.check_ins.answers_of(cycle_id, anest)

    assert ahead == expected
    assert [each.id for each in open_now] == [first.id, second.id]
    assert later == []


async def test_answers_that_have_gone_are_updated_after_reading_ahead(world: World) -> None:
    async with world.store.transaction() as tx:
        asked = await world.ask(tx, "Anest")
        gone = world.delivery("Tama", asked.id, DeliveryKind.SHARED_ANSWER)
        await world.keep(tx, replace(gone, state=DeliveryState.SENT, settled_at=NOW, ref="D1:1.0"))
    async with world.store.transaction() as tx:
        await tx.check_ins.open_with_facts(world.members["Anest"], NOW)
        await tx.deliveries.refresh(DeliveryKind.SHARED_ANSWER, asked.id, NOW)
        assert [each.state for each in await world.ledger(tx)] == [DeliveryState.QUEUED]


async def test_a_changed_answer_keeps_when_it_was_first_given(world: World) -> None:
    async with world.store.transaction() as tx:
        asked = await world.ask(tx, "Anest")
        await tx.check_ins.answer(said(asked, "first"))
        await tx.check_ins.answer(replace(said(asked, "second"), given_at=NOW + HOUR, language="cy"))
        (kept,) = await tx.check_ins.answers(asked.id)

    assert (kept.text, kept.language) == ("second", "cy")
    assert (kept.given_at, kept.edited_at) == (NOW, NOW + HOUR)


async def test_answers_taken_back_are_gone(world: World) -> None:
    async with world.store.transaction() as tx:
        asked = await world.ask(tx, "Anest")
        await tx.check_ins.answer(said(asked, "one"))
        await tx.check_ins.answer(said(asked, "two", question="why"))
        await tx.check_ins.take_back(asked.id)

        assert await tx.check_ins.answers(asked.id) == ()


async def test_answers_come_by_step_and_by_who_may_read_them(world: World) -> None:
    async with world.store.transaction() as tx:
        focus, plan = await world.ask(tx, "Anest"), await world.ask(tx, "Anest", step="plan")
        by_tama = await world.ask(tx, "Tama")
        mine, shared = said(focus, "mine"), said(focus, "shared", question="why", share=Share.POOL)
        planned, theirs = said(plan, "when"), said(by_tama, "theirs", share=Share.POOL)
        for each in (mine, shared, planned, theirs):
            await tx.check_ins.answer(each)

        by_step = await tx.check_ins.answers_of(world.cycle.id, world.members["Anest"])
        unsent = await tx.check_ins.pool(world.cycle.id, "focus", Share.POOL)
        for asked in (focus, by_tama):
            await tx.check_ins.save(replace(asked, state=CheckInState.ANSWERED))
        pool = await tx.check_ins.pool(world.cycle.id, "focus", Share.POOL)

    assert by_step == {"focus": (mine, shared), "plan": (planned,)}
    assert unsent == ()
    assert set(pool) == {(world.members["Anest"], shared), (world.members["Tama"], theirs)}
