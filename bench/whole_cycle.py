"""A cycle played at the core by many people: statements, CPU seconds and milliseconds a person of each use case.

The last column is the ratio of the milliseconds a person to those of the size before: 1.0 is flat.
`--sizes 200 2000 10000` chooses the numbers of people, `--databases sqlite postgresql` the databases.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import resource
import sys
import tempfile
import time
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import structlog

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

PER_SCHOOL = 25
MONDAY = datetime(2026, 9, 7, 9, 0, tzinfo=UTC)
STARTS_ON = date(2026, 9, 14)


class Rows:
    """The printed rows of one database, with the figures of the size before."""

    def __init__(self) -> None:
        self._before: dict[str, float] = {}

    def print(self, name: str, people: int, statements: int, seconds: float) -> None:
        each = seconds / people * 1000
        before = self._before.get(name)
        ratio = f"{each / before:7.2f}" if before else "       "
        self._before[name] = each
        print(f"  {name:22} {statements:9} {seconds:9.2f} s {each:9.3f} ms a person {ratio}", flush=True)


async def play(url: str, people: int, rows: Rows) -> None:
    """Play a cycle up to its second week, and print what each use case takes."""
    from sqlalchemy import update

    from bot.model import EnrolmentState
    from bot.prompts import Prompts
    from storage import tables
    from storage.store import SqlStore
    from tests.journeys.town import COORDINATOR, build
    from tests.support.statements import statements

    store = SqlStore(url, durable=False)
    schools = {
        f"School {number}": [f"Teacher {number}-{each}" for each in range(PER_SCHOOL)]
        for number in range(max(people // PER_SCHOOL, 2))
    }

    async def measure(name: str, done: Awaitable[object]) -> None:
        started = time.process_time()
        with statements(store) as sent:
            await done
        rows.print(name, people, len(sent), time.process_time() - started)

    town = await build(store, Prompts.load(ROOT / "prompts"), schools, MONDAY)
    await measure("start and invite", town.start(STARTS_ON))
    await measure("invitations sent", town.until(MONDAY + timedelta(days=1)))
    async with store.transaction() as tx:
        joined = update(tables.enrolment).values(state=EnrolmentState.ACCEPTED, answered_at=town.now)
        await tx.connection.execute(joined)
    for command in ("preview", "confirm", "status", "pairs"):
        await measure(command, town.command(COORDINATOR, command))
    await measure("one leaves", town.command("Teacher 0-0", "leave yes"))
    await measure("introductions sent", town.until(MONDAY + timedelta(days=2)))
    await measure("first week with digests", town.until(MONDAY + timedelta(days=14)))
    await store.close()


@contextmanager
def database(kind: str) -> Iterator[str]:
    """Yield the URL of an empty database of this kind."""
    from storage import migrate
    from tests.support.postgres import running_server

    with tempfile.TemporaryDirectory() as folder:
        if kind == "sqlite":
            url = f"sqlite:///{folder}/cycle.sqlite"
            migrate.upgrade(url)
            yield url
        else:
            with running_server() as server:
                url = server.url_of(server.create())
                migrate.upgrade(url)
                yield url


def main() -> None:
    """Print the rows of every database and size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", nargs="+", type=int, default=[200, 2_000])
    parser.add_argument(
        "--databases", nargs="+", choices=("sqlite", "postgresql"), default=["sqlite", "postgresql"]
    )
    chosen, _ = parser.parse_known_args()  # `make bench` hands its arguments to every file
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    for kind in chosen.databases:
        rows = Rows()
        for people in chosen.sizes:
            with database(kind) as url:
                print(f"{kind}, {people} people: statements, CPU seconds of this process")
                asyncio.run(play(url, people, rows))
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
