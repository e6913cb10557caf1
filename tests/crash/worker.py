"""A worker as a process of its own: the real messenger, store and loop, with shorter waits and on a fixed day."""

from __future__ import annotations

import asyncio
import sys
from datetime import datetime, timedelta
from pathlib import Path

from aiohttp import ClientSession, ClientTimeout

from adapters.signals import stopping
from adapters.slack.api import Api
from adapters.slack.messenger import OneToken, SlackMessenger
from bot import delivery, outcomes
from bot.model import Limit
from bot.prompts import Prompts
from bot.working import Rhythm, work
from storage.store import SqlStore

SECOND = timedelta(seconds=1)
TIMEOUT = 1.5
delivery.LEASE = outcomes.SETTLING = 3 * SECOND
outcomes.BACKOFF = SECOND / 2
outcomes.TRIES = 12  # more faults a minute than in a year
RHYTHM = Rhythm({"slack": Limit(SECOND / 300, burst=20)}, SECOND / 5, 20 * SECOND, hands=2)


class Shifted(SqlStore):
    """On a school day, whatever day it is."""

    def __init__(self, url: str, ahead: timedelta) -> None:
        super().__init__(url)
        self._ahead = ahead

    async def now(self) -> datetime:
        return await super().now() + self._ahead


async def main(url: str, api_url: str, ahead: str) -> None:
    stopped = stopping()
    store = Shifted(url, timedelta(seconds=float(ahead)))
    prompts = Prompts.load(Path(__file__).parents[2] / "prompts")

    async def removed(workspace: str) -> None:
        raise AssertionError(f"{workspace} never takes our token away")

    async with ClientSession(timeout=ClientTimeout(total=TIMEOUT)) as session:
        slack = SlackMessenger(Api(session, api_url), OneToken("xoxb-one"), removed)
        print("at work", flush=True)  # noqa: T201  # the test waits for it
        await work(store, prompts, {"slack": slack}, {}, RHYTHM, stopped)
    await store.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
