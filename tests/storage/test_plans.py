"""Query plans: in a long ledger both databases use an index, and never read the whole table."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

from sqlalchemy import Engine, event, insert, text

from bot.model import Address, Cycle, CycleState, DeliveryKind, DeliveryState, Limit
from storage import tables as t
from storage.drivers.engines import migration_engine
from storage.standing import standing
from storage.store import SqlStore, SqlTx
from tests.storage.world import DAY, FILES, HOUR, NOW, World, new_cycle

CYCLES, CLOSED_LONG_AGO, MEMBERS, ENDED, OF_EACH = 120, 80, 300, 24_000, 30
LONG_AGO = NOW - 1_000 * DAY
Question = Callable[[SqlTx], Awaitable[object]]
SLACK = {"slack": Limit(gap=timedelta(seconds=1), burst=3)}


async def a_long_ledger(store: SqlStore, url: str) -> World:
    """Fill the ledger with many settled deliveries and a few in each other state, and analyse it."""
    world = await World.begin(store)
    async with store.transaction() as tx:
        cycles = [await tx.cycles.add(_closed(world, number), FILES) for number in range(CYCLES)]
        row = {"partnership_id": world.partnership_id, "given_name": "", "family_name": "", "email": ""}
        row |= {"language": "en", "active": True, "hours_days": "01234"}
        await tx.connection.execute(insert(t.member), [row | {"source_id": f"m{n}"} for n in range(MEMBERS)])
        members = [each.id for each in await tx.members.of(world.partnership_id)]
        kinds = sorted(DeliveryKind)
        ended = [
            replace(
                world.delivery("Anest", 1_000 + n, kinds[n // CYCLES % len(kinds)]),
                cycle_id=cycles[n % CYCLES].id,
                member_id=members[n % len(members)],
                state=DeliveryState.SENT,
                ref="D1:1.0",
                settled_at=cycles[n % CYCLES].closed_at,
            )
            for n in range(ENDED)
        ]
        waiting = [
            replace(world.delivery("Anest", n, DeliveryKind.NOTE), state=state)
            for state in (DeliveryState.SENDING, DeliveryState.UNCERTAIN)
            for n in range(OF_EACH)
        ]
        await world.keep(tx, *ended, *(replace(each, occurrence=each.state) for each in waiting))
        await tx.members.connect(Address("slack", "T1", "U1"), world.members["Anest"], NOW)
        await tx.deliveries.owe([world.delivery("Anest", n) for n in range(OF_EACH)])
        await tx.lanes.line_up(NOW, SLACK)
        await tx.deliveries.owe([world.delivery("Tama", n) for n in range(OF_EACH)])
    engine = migration_engine(url)
    with engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("ANALYZE"))
    engine.dispose()
    return world


def _closed(world: World, number: int) -> Cycle:
    closed_at = LONG_AGO if number < CLOSED_LONG_AGO else NOW
    return replace(new_cycle(world.partnership_id, CycleState.CLOSED), closed_at=closed_at)


# --- how it is found out --------------------------------------------------------------------------------------------


@contextmanager
def overheard(engine: Engine) -> Iterator[list[tuple[str, Any]]]:
    """Collect the statements executed in the block with their parameters; of many rows the first."""
    heard: list[tuple[str, Any]] = []

    def listen(_: Any, __: Any, statement: str, parameters: Any, ___: Any, is_many: bool) -> None:
        heard.append((statement, parameters[0] if is_many else parameters))

    event.listen(engine, "before_cursor_execute", listen)
    yield heard
    event.remove(engine, "before_cursor_execute", listen)


async def ways(store: SqlStore, question: Callable[[], Awaitable[object]]) -> frozenset[str]:
    """Return the indexes that the statements use on deliveries, or the plan of one that uses none."""
    async with store.transaction() as tx:
        engine = tx.connection.engine.sync_engine
    with overheard(engine) as heard:
        await question()
    explain = "EXPLAIN QUERY PLAN " if engine.dialect.name == "sqlite" else "EXPLAIN "
    found: set[str] = set()
    async with store.transaction() as tx:
        for statement, parameters in heard:
            if re.search(r"\bdelivery\b", statement) and not statement.startswith("INSERT"):
                rows = (await tx.connection.exec_driver_sql(explain + statement, parameters)).all()
                found |= set(_ways("\n".join(str(row[-1]) for row in rows)))
    return frozenset(found)


def _ways(plan: str) -> Iterator[str]:
    for line in plan.splitlines():
        index = re.search(r"(?:Index.* using|INDEX|Bitmap Index Scan on) (\w+)", line)
        if re.search(r"(?:Scan.* on|SCAN|SEARCH) delivery", line) and "Bitmap Heap Scan" not in line:
            is_by_id = "USING INTEGER PRIMARY KEY" in line
            yield "pk_delivery" if is_by_id else index[1] if index else plan
        elif index and "Bitmap" in line:
            yield index[1]


# --- what is asked --------------------------------------------------------------------------------------------------

BY_ID = frozenset({"pk_delivery"})
QUEUED = frozenset({"ix_delivery_queued", "ix_delivery_unlined", "ix_delivery_lined_up"})
SENDING, UNCERTAIN = frozenset({"ix_delivery_sending"}), frozenset({"ix_delivery_uncertain"})
OF_CYCLE, OF_MEMBER = frozenset({"ix_delivery_cycle_id_kind"}), frozenset({"ix_delivery_member_id"})
OF_SUBJECT = frozenset({"ix_delivery_subject_id_kind"})
BEFORE = NOW - 400 * DAY
NOTE = DeliveryKind.NOTE


async def settling(tx: SqlTx) -> None:
    first, second = await tx.deliveries.claim(NOW, NOW + HOUR, 2)
    await tx.deliveries.settle([replace(first, state=DeliveryState.SENT, settled_at=NOW)])
    await tx.deliveries.behind_others([second])


def questions(anest: int, cycle_id: int, old: int) -> Iterator[tuple[str, frozenset[str], Question]]:
    """Return the frequent queries with the indexes that they may use."""
    yield "line up", QUEUED | BY_ID, lambda tx: tx.lanes.line_up(NOW, SLACK)
    yield "claim", QUEUED | BY_ID, lambda tx: tx.lanes.claim(NOW, NOW + HOUR, 20)
    yield "settle", QUEUED | SENDING | BY_ID | OF_MEMBER, settling
    yield "mark_expired_leases", SENDING, lambda tx: tx.deliveries.mark_expired_leases(NOW)
    yield "uncertain", UNCERTAIN | BY_ID, lambda tx: tx.deliveries.claim_uncertain(NOW, NOW + HOUR, 20)
    yield "next due", QUEUED, lambda tx: tx.deliveries.next_due()
    yield "asks sent", OF_MEMBER, lambda tx: tx.deliveries.asks_sent([anest], NOW)
    yield "next for", QUEUED | OF_MEMBER, lambda tx: tx.deliveries.next_for(anest)
    yield "make_due", QUEUED | OF_MEMBER, lambda tx: tx.deliveries.make_due(anest, NOW, [NOTE])
    yield "refresh", OF_SUBJECT, lambda tx: tx.deliveries.refresh(NOTE, 1_000, NOW)
    yield "bring forward", QUEUED | OF_SUBJECT, lambda tx: tx.deliveries.bring_forward(NOTE, [1_000], NOW)
    yield "was sent", OF_SUBJECT | OF_MEMBER, lambda tx: tx.deliveries.was_sent(NOTE, 1_000, anest)
    yield (
        "open, with what typed text is about",
        OF_SUBJECT | OF_MEMBER | BY_ID,
        lambda tx: tx.check_ins.open_with_facts(anest, NOW),
    )
    yield "of a cycle", OF_CYCLE, lambda tx: tx.deliveries.of_cycle(cycle_id)
    yield (
        "drop",
        QUEUED | SENDING | UNCERTAIN | OF_MEMBER | OF_CYCLE,
        lambda tx: tx.deliveries.drop(member_id=anest, cycle_id=cycle_id, reason="left", now=NOW),
    )
    yield "cycles to prune", OF_CYCLE, lambda tx: tx.deliveries.cycles_to_prune(BEFORE)
    yield "prune", OF_CYCLE | BY_ID, lambda tx: tx.deliveries.prune(old, BEFORE, 1_000)
    yield "prune of no cycle", OF_CYCLE | BY_ID, lambda tx: tx.deliveries.prune(None, BEFORE, 1_000)


async def test_whatever_is_asked_of_a_long_ledger_an_index_answers(
    store: SqlStore, database_url: str
) -> None:
    world = await a_long_ledger(store, database_url)
    async with store.transaction() as tx:
        old = (await tx.deliveries.cycles_to_prune(BEFORE))[0]

    async def ask(question: Question) -> None:
        async with store.transaction() as tx:
            await question(tx)

    found = {"standing": (await ways(store, partial(standing, store)), QUEUED | SENDING | UNCERTAIN)}
    for name, indexes, question in questions(world.members["Anest"], world.cycle.id, old):
        found[name] = (await ways(store, partial(ask, question)), indexes)

    for name, (used, indexes) in found.items():
        assert used, name
        assert used <= indexes, f"{name}: {sorted(used - indexes)}"
