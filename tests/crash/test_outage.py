"""The database goes away in the middle, and comes back: apologies, 503, workers wait; nothing lost, nothing twice.

`make crash` plays the long form: it is away for half a minute.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import sys
from asyncio.subprocess import Process
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession
from sqlalchemy import func, select, update

from bot.model import DeliveryState
from storage import tables as t
from storage.migrate import upgrade
from storage.secrets import Seal, new_key
from storage.store import SqlStore
from storage.tokens import StoredTokens
from tests.cli.test_serving import settings
from tests.crash.town import TUESDAY, furnish
from tests.platforms.slack.fake import FakeSlack, running_slack
from tests.support.command_line import process_environment
from tests.support.limits import HANG
from tests.support.places import ROOT
from tests.support.postgres import OwnServer, own_server

IS_LONG = os.environ.get("JPD_CRASH") == "long"
MESSAGES, MISSED, SECONDS = (400, 6, 3_600.0) if IS_LONG else (120, 3, HANG)
"""How many messages; how often a worker misses the database, after 1, 2, 4, 8, 15 seconds; and when we give up."""
OAK, ELM = "T-oak", "T-elm"
KEY, SIGNING_SECRET, CLIENT_SECRET = new_key(), "a secret to sign with", "a secret of the client"
TOKENS = {OAK: "xoxb-of-oak", ELM: "xoxb-of-elm"}
WORDS = "pause until 12 May"
ENDED = {DeliveryState.SENT, DeliveryState.FAILED, DeliveryState.DROPPED}


@pytest.fixture
def server() -> Iterator[OwnServer]:
    """A database server for one test, which keeps what was committed when it is stopped."""
    with own_server(synchronous_commit="on") as server:
        yield server


@dataclass
class Town:
    """A `jpd serve` that also sends, and a `jpd work` beside it."""

    store: SqlStore
    slack: FakeSlack
    session: ClientSession
    folder: Path
    person: str
    """Return a teacher in the first workspace."""
    url: str = ""
    running: dict[str, Process] = field(default_factory=dict)

    def sent(self) -> Counter[str]:
        """Return the messages that Slack accepted, by delivery."""
        taken = [each for each in self.slack.called("chat.postMessage") if not each.error]
        marks = [each.arguments["metadata"] for each in taken if "metadata" in each.arguments]
        return Counter(each["event_payload"]["delivery"] for each in marks)

    def seen(self) -> list[str]:
        """Return every message of the bot to the teacher, notes included."""
        return [each.text for each in self.slack.conversation(OAK, self.person) if each.by_app]

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text()

    def missed(self) -> int:
        """Return how often each process, at least, has logged that the database is away."""
        return min(self.log(each).count("work.store-away") for each in self.running)

    def told(self, words: str) -> int:
        """Return how many messages to the teacher hold that text."""
        return sum(words in each for each in self.seen())

    async def status(self, path: str) -> int:
        async with self.session.get(self.url + path) as answer:
            return answer.status

    async def answers(self, path: str, status: int) -> bool:
        return await self.status(path) == status

    async def states(self) -> Counter[DeliveryState]:
        async with self.store.transaction() as tx:
            counted = select(t.delivery.c.state, func.count().label("number")).group_by(t.delivery.c.state)
            return Counter({row.state: row.number for row in await tx.connection.execute(counted)})

    async def all_ended(self) -> Counter[DeliveryState]:
        await until(self._has_ended)
        return await self.states()

    async def _has_ended(self) -> bool:
        return set(await self.states()) <= ENDED

    async def stop(self) -> list[int]:
        """In order; their exit codes."""
        for each in self.running.values():
            each.send_signal(signal.SIGTERM)
        return [await each.wait() for each in self.running.values()]

    def lines(self) -> list[dict[str, Any]]:
        """Every line of both logs: all of them are JSON, also those of libraries."""
        return [json.loads(line) for name in self.running for line in self.log(name).splitlines()]


async def until(is_so: Callable[[], bool | Awaitable[bool]]) -> None:
    while True:
        found = is_so()
        if found if isinstance(found, bool) else await found:
            return
        await asyncio.sleep(0.05)  # other processes work meanwhile


@asynccontextmanager
async def at_work(server: OwnServer, folder: Path, standby: OwnServer | None = None) -> AsyncIterator[Town]:
    """Start the town of notes that are owed, on Slack, and our two processes, which know the standby, too."""
    name = server.create()
    url = standby.url_beside(server, name) if standby else server.url_of(name)
    await asyncio.to_thread(upgrade, url)
    store = SqlStore(url)
    await furnish(store, MESSAGES)
    async with running_slack() as slack, ClientSession() as session:
        people = await _people(store)
        for team, token in TOKENS.items():
            slack.add_workspace(team, team, token=token)
            await StoredTokens(store, Seal([KEY]), "slack").save(team, token, name=team, now=TUESDAY)
        for team, user in people:
            slack.add_person(team, user)
        town = Town(store, slack, session, folder, next(user for team, user in people if team == OAK))
        try:
            await _start(town, url)
            yield town
        finally:
            for each in town.running.values():
                with suppress(ProcessLookupError):
                    each.kill()
                await each.wait()
            await store.close()


async def _people(store: SqlStore) -> list[tuple[str, str]]:
    """Everybody's workspace and name there; their chats are Slack's to open."""
    async with store.transaction() as tx:
        await tx.connection.execute(update(t.address).values(route=""))
        rows = await tx.connection.execute(select(t.address.c.workspace, t.address.c.user))
        return [(row.workspace, row.user) for row in rows]


async def _start(town: Town, url: str) -> None:
    given = settings(
        town.folder,
        JPD_DATABASE_URL=url,
        JPD_EMBEDDED_WORKER="1",
        JPD_TICK_SECONDS="1",
        JPD_LOG_JSON="1",
        JPD_SECRET_KEYS=KEY,
        JPD_SLACK_CLIENT_ID="1.2",
        JPD_SLACK_CLIENT_SECRET=CLIENT_SECRET,
        JPD_SLACK_SIGNING_SECRET=SIGNING_SECRET,
        JPD_SLACK_API_URL=town.slack.api_url,
        JPD_SLACK_PER_SECOND="10",
    )
    ahead = str((TUESDAY - datetime.now(UTC)).total_seconds())  # noqa: TID251  # they live in real time
    for name in ("serve", "work"):
        with (town.folder / f"{name}.log").open("w") as log:
            town.running[name] = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "tests.crash.school_day", ahead, name,
                env=process_environment(**given), cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=log,
            )  # fmt: skip
    said = {}
    for name, process in town.running.items():
        assert process.stdout is not None
        said[name] = (await process.stdout.readline()).decode()
    [town.url] = re.findall(r"http://127\.0\.0\.1:\d+", said["serve"])
    town.slack.connect_app(f"{town.url}/slack/events", SIGNING_SECRET)
    await town.slack.say(OAK, town.person, "profile")  # from now on it knows where apologies go
    await until(lambda: town.told("What you bring") == 1)


@asynccontextmanager
async def always_alive(town: Town) -> AsyncIterator[None]:
    """`/healthz` is asked again and again, and answers 200 each time."""
    found = Counter[int]()

    async def ask() -> None:
        while True:
            found[await town.status("/healthz")] += 1
            await asyncio.sleep(0.1)

    asking = asyncio.create_task(ask())
    try:
        yield
    finally:
        asking.cancel()
        with suppress(asyncio.CancelledError):
            await asking
    assert set(found) == {200}


def assert_each_came_once(town: Town, found: Counter[DeliveryState], codes: list[int]) -> None:
    """Every message has arrived once, and both processes have ended in order."""
    assert found == {DeliveryState.SENT: MESSAGES}
    assert len(town.sent()) == MESSAGES, "lost"
    assert town.sent().total() == MESSAGES, "twice"
    assert codes == [0, 0]


def assert_the_logs_are_quiet(town: Town) -> None:
    """Neither words nor secrets are in them, nor what only a programmer can read."""
    logs = "".join(town.log(each) for each in town.running)
    for secret in (KEY, SIGNING_SECRET, CLIENT_SECRET, *TOKENS.values(), WORDS, "12 May", "note 1"):
        assert secret not in logs
    assert "Traceback" not in logs
    mishaps = {each["event"] for each in town.lines() if each["level"] == "error"}
    assert mishaps <= {"delivery.not-settled"}


async def test_while_the_database_is_away_people_get_an_apology_and_afterwards_everything_goes_on(
    server: OwnServer, tmp_path: Path
) -> None:
    async with asyncio.timeout(SECONDS), at_work(server, tmp_path) as town:
        async with always_alive(town):
            await until(lambda: town.answers("/readyz", 200))
            await until(lambda: town.sent().total() >= MESSAGES // 5)

            server.crash()
            await until(lambda: town.answers("/readyz", 503))
            command = await town.slack.command(OAK, town.person, "profile")
            press = await town.slack.press(OAK, town.person, label="When I am free")
            said = await town.slack.say(OAK, town.person, WORDS)
            await until(lambda: town.missed() >= MISSED)
            sent = town.sent().total()
            apologies, promises = town.told("Nothing was lost"), town.told("I try again by myself")

            await asyncio.to_thread(server.start)
            await until(lambda: town.answers("/readyz", 200))
            again = [await town.slack.again(number) for number in (1, 2)]
            found = await town.all_ended()
        codes = await town.stop()

    assert sent < MESSAGES, "the database went away too late to be missed"
    assert (command.status, press.status, said.status) == (200, 200, 503)
    assert "Nothing was lost" in command.json["text"]
    assert (apologies, promises) == (2, 1)
    assert [each.status for each in again] == [200, 200]
    assert town.told("All quiet until") == 1
    assert_each_came_once(town, found, codes)
    assert not town.slack.refused
    assert_the_logs_are_quiet(town)


@pytest.mark.long
async def test_when_a_standby_takes_over_nothing_is_lost_and_nothing_sent_twice(
    server: OwnServer, tmp_path: Path
) -> None:
    with server.standby() as standby:
        async with asyncio.timeout(SECONDS), at_work(server, tmp_path, standby) as town:
            async with always_alive(town):
                await until(lambda: town.answers("/readyz", 200))
                await until(lambda: town.sent().total() >= MESSAGES // 5)

                server.crash()
                await until(lambda: town.answers("/readyz", 503))
                said = await town.slack.say(OAK, town.person, WORDS)
                sent = town.sent().total()
                await asyncio.to_thread(standby.execute, "SELECT pg_promote()")
                await until(lambda: town.answers("/readyz", 200))
                again = await town.slack.again()
                found = await town.all_ended()
            codes = await town.stop()

    assert sent < MESSAGES, "the primary went away too late to be missed"
    assert (said.status, again.status) == (503, 200)
    assert town.told("All quiet until") == 1
    assert_each_came_once(town, found, codes)
    assert_the_logs_are_quiet(town)


async def test_a_database_that_hangs_keeps_slack_and_the_probes_waiting_no_longer_than_they_wait(
    server: OwnServer, tmp_path: Path
) -> None:
    async with asyncio.timeout(SECONDS), at_work(server, tmp_path) as town:
        async with always_alive(town):
            await until(lambda: town.answers("/readyz", 200))
            await until(lambda: town.sent().total() >= MESSAGES // 5)

            with server.hanging():
                command, said, ready = await asyncio.gather(
                    town.slack.command(OAK, town.person, "profile"),
                    town.slack.say(OAK, town.person, WORDS),
                    town.status("/readyz"),
                )
                done_already = town.told("All quiet until")

            await until(lambda: town.answers("/readyz", 200))
            await until(lambda: town.told("What you bring") == 2)
            await until(lambda: town.told("All quiet until") == 1)
            again = await town.slack.again()
            found = await town.all_ended()
        codes = await town.stop()

    assert (command.status, said.status, ready) == (200, 200, 503)
    assert "One moment" in command.json["text"]
    assert done_already == 0
    assert again.status == 200
    assert town.told("All quiet until") == 1
    assert_each_came_once(town, found, codes)
    assert_the_logs_are_quiet(town)
