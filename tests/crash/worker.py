"""A worker as a process of its own: the real messengers, store and loop, with shorter waits and on a fixed day."""

from __future__ import annotations

import asyncio
import sys
from datetime import datetime, timedelta

import structlog
from aiohttp import ClientSession, ClientTimeout

from adapters.server.signals import stop_event
from adapters.slack.api import Api
from adapters.slack.messenger import OneToken, SlackMessenger
from adapters.teams.connector import Connector
from adapters.teams.messenger import TeamsMessenger
from adapters.teams.pace import Pace
from bot.model import Address, Limit
from bot.ports import Messenger
from bot.prompts import Prompts, Voice
from bot.rules import outcomes
from bot.worker import batch, turns
from bot.worker.work import WorkerSettings, work
from storage.store import SqlStore
from tests.support.places import PROMPTS

SECOND = timedelta(seconds=1)
# Shorter than in earnest, and longer than a busy machine takes: who is merely slow must not count as dead.
TIMEOUT = ClientTimeout(total=5)
batch.LEASE, outcomes.SETTLING = 10 * SECOND, 4 * SECOND
turns.BACK_OFF = outcomes.BACKOFF = SECOND / 2
outcomes.MOST_TRIES = 12  # more faults a minute than in a year


class Shifted(SqlStore):
    """On a school day, whatever day it is."""

    def __init__(self, url: str, ahead: timedelta) -> None:
        super().__init__(url)
        self._ahead = ahead

    async def now(self) -> datetime:
        return await super().now() + self._ahead


# Past the pipe that the test reads: one that is full would stop whoever writes, and whoever waits for their end.
structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))


async def main(url: str, platform_url: str, ahead: str, rate: str = "300") -> None:
    stopped = stop_event()
    limit = Limit(SECOND / int(rate), burst=min(20, int(rate)))
    settings = WorkerSettings({"slack": limit, "teams": limit}, SECOND / 5, 20 * SECOND, concurrency=2)
    store = Shifted(url, timedelta(seconds=float(ahead)))
    prompts = Prompts.load(PROMPTS)

    async def removed(workspace: str) -> None:
        raise AssertionError(f"{workspace} never takes our token away")

    async def voice_of(_: Address) -> Voice:
        return prompts.voice("en")

    async with ClientSession(timeout=TIMEOUT) as session:
        messengers: dict[str, Messenger] = {
            "slack": SlackMessenger(Api(session, platform_url), OneToken("xoxb-one"), removed),
            "teams": TeamsMessenger(Connector(session, None, Pace(), TIMEOUT), voice_of),
        }
        print("at work", flush=True)  # noqa: T201  # the test waits for it
        await work(store, prompts, messengers, {}, settings, stopped)
    await store.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
