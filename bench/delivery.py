"""Deliveries claimed and settled a second by 1, 2 and 4 workers, as ratios to the raw driver with a row at a time.

Measured also with a full table, and while the ledger is being pruned. No message is sent, so this is the cost of the
store alone. Every run ends when each delivery was claimed exactly once.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from storage.store import SqlStore

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

DUE = 20_000
DUE_IN_A_FULL_TABLE = 2_000
FULL = (1_000, 100_000, 1_000_000)
PRUNED = 300_000
HOUR = timedelta(hours=1)
BATCH = 20
CONCURRENCY = 2
"""Batches under way in a worker."""


# --- what is measured -----------------------------------------------------------------------------------------------


async def ours(url: str, now: datetime) -> list[int]:
    """Run a worker that does everything but send."""
    from storage.store import SqlStore

    store = SqlStore(url)
    ids = await working(store, now)
    await store.close()
    return ids


async def ours_beside_a_prune(url: str, now: datetime) -> list[int]:
    """Run the same worker while the ledger is being pruned."""
    from bot.worker import pruning
    from storage.store import SqlStore

    store = SqlStore(url)
    at_work = asyncio.create_task(pruning.prune_ledger(store, now - HOUR, asyncio.Event()))
    ids = await working(store, now)
    if at_work.done():
        print("  (the prune ended first: there was too little to forget)")
    at_work.cancel()
    await asyncio.gather(at_work, return_exceptions=True)
    await store.close()
    return ids


async def working(store: SqlStore, now: datetime) -> list[int]:
    from bot.model import DeliveryState
    from bot.worker.work import SHORTEST_PAUSE

    ids = list[int]()

    async def claim_and_settle() -> None:
        while True:
            async with store.transaction() as tx:
                lined_up = await tx.lanes.line_up(now, {})
            async with store.transaction() as tx:
                claimed = await tx.lanes.claim(now, now + HOUR, BATCH)
            if claimed:
                sent = [
                    replace(each, state=DeliveryState.SENT, ref="D:1", settled_at=now) for each in claimed
                ]
                async with store.transaction() as tx:
                    ids.extend(await tx.deliveries.settle(sent))
            elif not lined_up and not await left():
                return
            else:  # others hold the lanes at this moment
                await asyncio.sleep(SHORTEST_PAUSE)

    async def left() -> bool:
        async with store.transaction() as tx:
            return await tx.deliveries.next_due() is not None

    await asyncio.gather(*(claim_and_settle() for _ in range(CONCURRENCY)))
    return ids


async def raw_postgresql(url: str, now: datetime) -> list[int]:
    """Claim and settle with psycopg, in two transactions a row."""
    import psycopg
    from sqlalchemy import make_url

    claim = (
        "UPDATE delivery SET state = 'sending', lease_until = %s WHERE id = (SELECT id FROM delivery WHERE "
        "state = 'queued' AND due_at <= %s ORDER BY due_at, id LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING id"
    )
    settle = "UPDATE delivery SET state = 'sent', lease_until = NULL, settled_at = %s WHERE id = %s"
    ids = list[int]()

    async def claim_and_settle() -> None:
        plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        async with await psycopg.AsyncConnection.connect(plain, autocommit=True) as connection:
            while row := await (await connection.execute(claim, (now + HOUR, now))).fetchone():
                await connection.execute(settle, (now, row[0]))
                ids.append(row[0])

    await asyncio.gather(*(claim_and_settle() for _ in range(CONCURRENCY)))
    return ids


async def raw_sqlite(url: str, now: datetime) -> list[int]:
    """Claim and settle with sqlite3, in two transactions a row and without a thread."""
    import sqlite3

    moment, ids = now.replace(tzinfo=None).isoformat(sep=" "), list[int]()
    connection = sqlite3.connect(url.partition("///")[2], isolation_level=None)
    connection.execute("PRAGMA synchronous = FULL")
    claim = (
        "UPDATE delivery SET state = 'sending', lease_until = ? WHERE id = (SELECT id FROM delivery WHERE "
        "state = 'queued' AND due_at <= ? ORDER BY due_at, id LIMIT 1) RETURNING id"
    )
    while row := connection.execute(claim, (moment, moment)).fetchall():
        settle = "UPDATE delivery SET state = 'sent', lease_until = NULL, settled_at = ? WHERE id = ?"
        connection.execute(settle, (moment, row[0][0]))
        ids.append(row[0][0])
    connection.close()
    return ids


WAYS = {
    "ours": ours,
    "ours beside a prune": ours_beside_a_prune,
    "raw postgresql": raw_postgresql,
    "raw sqlite": raw_sqlite,
}


def run(way: str, url: str, now: datetime, ready: object, results: object) -> None:
    """Run one worker in its own process."""
    ready.wait()  # type: ignore[attr-defined]  # a barrier of multiprocessing
    results.put(asyncio.run(WAYS[way](url, now)))  # type: ignore[attr-defined]  # a queue of multiprocessing


def measure(way: str, url: str, now: datetime, workers: int, due: int) -> float:
    """Return deliveries a second, counted from when all workers are ready."""
    context = multiprocessing.get_context("spawn")
    ready, results = context.Barrier(workers + 1), context.Queue()
    processes = [context.Process(target=run, args=(way, url, now, ready, results)) for _ in range(workers)]
    for each in processes:
        each.start()
    ready.wait()
    begun = time.perf_counter()
    ids = [one for _ in processes for one in results.get()]
    seconds = time.perf_counter() - begun
    for each in processes:
        each.join()
    if not len(ids) == len(set(ids)) == due:
        raise SystemExit(f"{due} were due, {len(ids)} claimed, {len(set(ids))} of them once")
    return due / seconds


# --- the tables -----------------------------------------------------------------------------------------------------


async def fill(url: str, due: int, old: int) -> datetime:
    """Store due and sent deliveries for forty members in forty workspaces; return when they are due."""
    from sqlalchemy import text

    from storage.store import SqlStore
    from tests.crash.town import furnish

    store = SqlStore(url, durable=False)
    await furnish(store, 1)
    now = await store.now()
    insert = (
        "INSERT INTO delivery (partnership_id, cycle_id, member_id, kind, subject_id, occurrence, dedupe_key, due_at, "
        "state, reason, attempts, ref, settled_at) WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n "
        "WHERE n < {number}) SELECT 1, 1, 1 + n % 40, 'note', n, '', '{state}' || n, '{moment}', '{state}', '', 0, '', "
        "{settled} FROM n"
    )
    moment = now.replace(tzinfo=None) if url.startswith("sqlite") else now
    async with store.transaction() as tx:
        await tx.connection.execute(text("DELETE FROM delivery"))
        await tx.connection.execute(text("UPDATE address SET workspace = 'T-' || member_id"))
        for number, state, settled in ((old, "sent", f"'{moment}'"), (due, "queued", "NULL")):
            if number:
                sql = insert.format(number=number, state=state, moment=moment, settled=settled)
                if not url.startswith("sqlite"):
                    sql = sql.replace(f"'{moment}'", f"timestamptz '{moment}'")
                await tx.connection.exec_driver_sql(sql.replace("%", "%%") if "timestamptz" in sql else sql)
    await store.close()
    analyse(url)
    return now


async def close_cycle(url: str, now: datetime) -> None:
    """Close the cycle, so that sent deliveries may be pruned, and take due ones out of it."""
    from sqlalchemy import update

    from storage import tables as t
    from storage.store import SqlStore

    store = SqlStore(url, durable=False)
    async with store.transaction() as tx:
        long_ago = now - timedelta(days=1)
        await tx.connection.execute(update(t.cycle).values(state="closed", closed_at=long_ago))
        sent = update(t.delivery).where(t.delivery.c.state == "sent")
        await tx.connection.execute(sent.values(kind="check_in", settled_at=long_ago))
    await store.close()
    analyse(url)


def analyse(url: str) -> None:
    """Update the database's statistics, as happens after a while of running."""
    from sqlalchemy import text

    from storage.drivers.engines import migration_engine

    engine = migration_engine(url)
    with engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("ANALYZE"))
    engine.dispose()


@contextmanager
def database(kind: str, server: object) -> Iterator[str]:
    from storage.migrate import upgrade

    if kind == "sqlite":
        with tempfile.TemporaryDirectory() as folder:
            url = f"sqlite+aiosqlite:///{folder}/jpd.sqlite"
            upgrade(url)
            yield url
    else:
        name = server.create()  # type: ignore[attr-defined]  # tests.postgres.Server
        url = server.url_of(name)  # type: ignore[attr-defined]  # the same
        upgrade(url)
        yield url
        server.drop(name)  # type: ignore[attr-defined]  # the same


def main() -> None:
    """Print the measurements."""
    from tests.support.postgres import running_server

    with running_server() as server:
        for kind, crowds in (("postgresql", (1, 2, 4)), ("sqlite", (1,))):
            with database(kind, server) as url:
                now = asyncio.run(fill(url, DUE, 0))
                raw = measure(f"raw {kind}", url, now, 1, DUE)
            print(f"{kind}: {DUE} due; raw driver, a row at a time {raw:7.0f}/s")
            for workers in crowds:
                with database(kind, server) as url:
                    now = asyncio.run(fill(url, DUE, 0))
                    rate = measure("ours", url, now, workers, DUE)
                print(f"  {workers} worker(s)          {rate:7.0f}/s, {rate / raw:4.1f} times raw")
            first = 0.0
            for old in FULL:
                with database(kind, server) as url:
                    now = asyncio.run(fill(url, DUE_IN_A_FULL_TABLE, old))
                    rate = measure("ours", url, now, 1, DUE_IN_A_FULL_TABLE)
                first = first or rate
                print(f"  beside {old:9,} sent {rate:7.0f}/s, {rate / first:4.2f} of the first")
            alone = 0.0
            for way in ("ours", "ours beside a prune"):
                with database(kind, server) as url:
                    now = asyncio.run(fill(url, DUE, PRUNED))
                    asyncio.run(close_cycle(url, now))
                    rate = measure(way, url, now, 1, DUE)
                alone = alone or rate
                print(f"  {way:20} {rate:7.0f}/s, {rate / alone:4.2f} of alone")


if __name__ == "__main__":
    main()
