"""The cost of a request from Slack, compared with raw aiohttp and a bare Bolt command in the same run.

Each server is a process of its own, on SQLite and on PostgreSQL; a second process answers as Slack's Web API would.
Compare by CPU a request, or by ratios within one run: the machine is shared, and the client takes its part.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import multiprocessing
import os
import resource
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

SECRET = "bench"  # noqa: S105  # of nobody
CONNECTIONS = 32  # fewer than the turns that may be under way at once, beyond which Slack hears 503
REQUESTS = 1_500
PEOPLE = 2_000
WARM_UP = 256
TEAMS = ("T1", "T2")


# --- what is measured -----------------------------------------------------------------------------------------------


def signed(body: bytes, media_type: str) -> bytes:
    """An HTTP request as it is sent."""
    stamp = str(int(time.time()))
    base = b":".join([b"v0", stamp.encode(), body])
    signature = "v0=" + hmac.new(SECRET.encode(), base, hashlib.sha256).hexdigest()
    head = (
        f"POST /slack/events HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {media_type}\r\n"
        f"Content-Length: {len(body)}\r\nX-Slack-Request-Timestamp: {stamp}\r\nX-Slack-Signature: {signature}\r\n\r\n"
    )
    return head.encode() + body


def commands(words: str, people: int = PEOPLE) -> Callable[[int], bytes]:
    def one(number: int) -> bytes:
        person = number % people
        fields = {
            "command": "/jpd", "text": words, "team_id": TEAMS[person % 2], "user_id": f"U{person}",
            "trigger_id": f"{words}.{people}.{number}", "response_url": "http://127.0.0.1:9/", "channel_id": "C1",
            "is_enterprise_install": "false", "api_app_id": "A1",
        }  # fmt: skip
        return signed(urlencode(fields).encode(), "application/x-www-form-urlencoded")

    return one


def answers(number: int) -> bytes:
    """Return requests, each with one teacher's first answer to an open question."""
    team = TEAMS[number % 2]
    event = {
        "type": "message",
        "channel": f"D{number}",
        "user": f"U{number}",
        "text": "Give a reason",
        "ts": "1.1",
    }
    body = {
        "type": "event_callback", "team_id": team, "api_app_id": "A1", "event_id": f"Ev{number}", "event_time": 1,
        "event": {**event, "channel_type": "im"}, "authorizations": [{"team_id": team, "is_enterprise_install": False}],
    }  # fmt: skip
    return signed(json.dumps(body).encode(), "application/json")


# --- the servers ----------------------------------------------------------------------------------------------------


async def raw(_: str, __: str) -> web.Application:
    async def take(request: web.Request) -> web.Response:
        await request.read()
        return web.json_response({"text": "ok"})

    app = web.Application()
    app.add_routes([web.post("/slack/events", take)])
    return app


async def bare_bolt(_: str, __: str) -> web.Application:
    """Serve Bolt alone: one command, its signature check, an answer in the acknowledgement."""
    from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
    from slack_bolt.app.async_app import AsyncApp
    from slack_bolt.authorization import AuthorizeResult

    async def authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
        return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id, bot_token="x")  # noqa: S106

    bolt = AsyncApp(signing_secret=SECRET, authorize=authorize, process_before_response=True)

    async def command(ack: Any) -> None:
        await ack("ok")

    bolt.command("/jpd")(command)

    async def take(request: web.Request) -> web.Response:
        return await to_aiohttp_response(await bolt.async_dispatch(await to_bolt_request(request)))

    app = web.Application()
    app.add_routes([web.post("/slack/events", take)])
    return app


async def ours(database_url: str, api_url: str) -> web.Application:
    """Serve the adapter, the core and the store as `jpd serve` does."""
    from adapters.server.web import application
    from adapters.slack import app as slack
    from adapters.slack.api import Api, session
    from adapters.slack.messenger import OneToken, SlackMessenger
    from bot.conversation.handler import EventHandler
    from bot.model import Address
    from bot.prompts import Prompts, Voice
    from storage.store import SqlStore

    prompts, store = Prompts.load(ROOT / "prompts"), SqlStore(database_url)
    voice = prompts.voice("en")

    async def voice_of(_: Address) -> Voice:
        return voice

    async def removed(_: str) -> None: ...

    opened = await session().__aenter__()
    api = Api(opened, api_url)
    messenger = SlackMessenger(api, OneToken("xoxb"), removed)
    handle = EventHandler(store, prompts, {"slack": messenger}).handle
    connection = slack.SlackApp(
        api, messenger, handle, voice_of, lambda: datetime.now(UTC), signing_secret=SECRET
    )
    return application(connection.routes, voice=voice)


async def web_api(_: str, __: str) -> web.Application:
    """Serve a fake Slack that accepts everything."""

    async def take(_: web.Request) -> web.Response:
        return web.json_response({"ok": True, "channel": "D1", "ts": "1.1"})

    app = web.Application()
    app.add_routes([web.post("/api/{method}", take)])
    return app


Make = Callable[[str, str], Awaitable[web.Application]]
Used = Callable[[], tuple[float, float]]


def serve(make: Make, database_url: str, api_url: str, pipe: Connection) -> None:
    """Run a server in its own process; send its port, and on each request its CPU time and memory."""

    async def run() -> None:
        runner = web.AppRunner(await make(database_url, api_url), access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0, backlog=1024).start()
        pipe.send(runner.addresses[0][1])
        asked = asyncio.Event()
        asyncio.get_running_loop().add_reader(pipe.fileno(), asked.set)
        while True:
            await asked.wait()
            asked.clear()
            while pipe.poll():
                if pipe.recv() == "stop":
                    os._exit(0)
                used = resource.getrusage(resource.RUSAGE_SELF)
                pipe.send((used.ru_utime + used.ru_stime, used.ru_maxrss / 1024))

    asyncio.run(run())


@contextmanager
def server(
    make: Make, database_url: str = "", api_url: str = ""
) -> Iterator[tuple[int, Callable[[], tuple[float, float]]]]:
    """A running server: its port, CPU seconds and megabytes."""
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(
        target=serve, args=(make, database_url, api_url, there)
    )
    process.start()

    def used() -> tuple[float, float]:
        here.send("used")
        found: tuple[float, float] = here.recv()
        return found

    try:
        yield here.recv(), used
    finally:
        here.send("stop")
        process.join()


# --- the client -----------------------------------------------------------------------------------------------------


async def load(port: int, requests: list[bytes]) -> list[float]:
    """Send every request once over some connections and return the seconds of each; stop at any error."""
    todo, seconds = iter(requests), []

    async def one_connection() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for request in todo:
            begun = time.perf_counter()
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 20"):
                raise SystemExit(f"refused: {head!r}")
            length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
            if length:
                await reader.readexactly(length)
            seconds.append(time.perf_counter() - begun)
        writer.close()

    await asyncio.gather(*(one_connection() for _ in range(CONNECTIONS)))
    return seconds


def measure(name: str, port: int, used: Used, make: Callable[[int], bytes]) -> float:
    """Print one line and return the CPU microseconds a request."""
    asyncio.run(load(port, [make(number) for number in range(WARM_UP)]))
    requests = [make(WARM_UP + number) for number in range(REQUESTS)]
    cpu, _ = used()
    begun = time.perf_counter()
    seconds = sorted(asyncio.run(load(port, requests)))
    elapsed = time.perf_counter() - begun
    after, megabytes = used()
    each = (after - cpu) / REQUESTS * 1e6
    p50, p99 = seconds[len(seconds) // 2] * 1e3, seconds[int(len(seconds) * 0.99)] * 1e3
    print(
        f"{name:32} {REQUESTS / elapsed:8.0f}/s   p50 {p50:6.1f} ms   p99 {p99:6.1f} ms   "
        f"{each:7.0f} µs CPU   {megabytes:4.0f} MB",
        flush=True,
    )
    return each


# --- the world ------------------------------------------------------------------------------------------------------


async def furnish(database_url: str, platform: str = "slack") -> None:
    """Store thousands of teachers in two schools, each with an open question."""
    from bot.model import (
        Address,
        CheckIn,
        CheckInState,
        Cycle,
        CycleState,
        Enrolment,
        EnrolmentState,
        Role,
        Seat,
    )
    from bot.model.roster import Roster, RosterPerson, RosterSchool
    from bot.ports import NewPairing
    from bot.prompts import Prompts
    from bot.use_cases import cycles
    from storage import migrate
    from storage.store import SqlStore

    migrate.upgrade(database_url)
    store, prompts, now = SqlStore(database_url), Prompts.load(ROOT / "prompts"), datetime.now(UTC)
    schools = tuple(RosterSchool(source_id=each, name=each) for each in TEAMS)
    people = tuple(
        RosterPerson(
            source_id=f"U{number}", given_name="Ann", family_name=str(number), email=f"u{number}@example.org",
            posts=((Role.TEACHER, TEAMS[number % 2]),),
        )
        for number in range(PEOPLE)
    )  # fmt: skip
    async with store.transaction() as tx:
        made = await tx.schools.add_partnership("Bench")
        await tx.schools.apply(made.id, Roster(schools=schools, people=people), now)
        members = {each.source_id: each for each in await tx.members.of(made.id)}
        for number in range(PEOPLE):
            member = members[f"U{number}"]
            await tx.members.connect(Address(platform, TEAMS[number % 2], f"U{number}"), member.id, now)
        pack = prompts.pack("joint-practice-6wk")
        cycle = await tx.cycles.add(
            Cycle(
                id=0, partnership_id=made.id, name="Bench", goal="Go", pack_id=pack.id, pack_version=pack.version,
                state=CycleState.RUNNING, starts_on=now.date(), created_at=now, confirmed_at=now,
            ),
            prompts.pack_files(pack.id),
        )  # fmt: skip
        await tx.cycles.invite(
            [
                Enrolment(
                    cycle_id=cycle.id, member_id=each.id, school_id=each.home_school_id,
                    state=EnrolmentState.ACCEPTED, invited_at=now, answered_at=now,
                )
                for each in members.values()
            ]
        )  # fmt: skip
        step = (await cycles.read_pack(tx, cycle)).steps[0]
        for number in range(0, PEOPLE, 2):
            pair = [members[f"U{number}"], members[f"U{number + 1}"]]
            seats = tuple(Seat(each.id, each.home_school_id) for each in pair)
            pairing = await tx.pairings.add(cycle.id, NewPairing(seats, ()), now)
            added = await tx.check_ins.add(
                [
                    CheckIn(
                        id=0, cycle_id=cycle.id, member_id=each.id, pairing_id=pairing.id, step=step.key,
                        due_at=now, closes_at=now + timedelta(days=9), state=CheckInState.OPEN,
                        asking=step.words("en").questions[0].key,
                    )
                    for each in pair
                ]
            )  # fmt: skip
            for each in added:
                await tx.check_ins.save(each)
    await store.close()


def main() -> None:
    """Print a line for each server, then the ratios."""
    from tests.support.postgres import running_server

    with server(raw) as (port, used):
        measure("raw aiohttp", port, used, commands("help"))
    with server(bare_bolt) as (port, used):
        bolt = measure("bare Bolt command", port, used, commands("help"))
    with TemporaryDirectory() as folder, running_server() as postgres, server(web_api) as (api_port, _):
        api_url = f"http://127.0.0.1:{api_port}/api/"
        urls = {
            "SQLite": f"sqlite+aiosqlite:///{folder}/bench.sqlite",
            "PostgreSQL": postgres.url_of(postgres.create()),
        }
        for database, url in urls.items():
            asyncio.run(furnish(url))
            with server(ours, url, api_url) as (port, used):
                found = {
                    "help": measure(f"/jpd help, {database}", port, used, commands("help")),
                    "help again": measure(
                        f"… asked again, {database}", port, used, commands("help", CONNECTIONS)
                    ),
                    "status": measure(f"/jpd status, {database}", port, used, commands("status")),
                    "answer": measure(f"a typed answer, {database}", port, used, answers),
                }
            for what, each in found.items():
                print(f"  {what}, {database}: {bolt / each:.0%} of a bare Bolt command, by CPU a request")


if __name__ == "__main__":
    main()
