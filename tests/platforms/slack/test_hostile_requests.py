"""Thousands of forged, stale, replayed and malformed requests: nothing is done, nothing breaks, nothing is logged."""

from __future__ import annotations

import asyncio
import json
import logging
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlencode

import pytest
import structlog

from tests.journeys.town import dump
from tests.platforms.slack.house import ANN, CAT, ELM, OAK, SECRET, SIAN, House, running_house
from tests.platforms.slack.wire import EVENT, INTERACTION, encode, signature

SEED = 20260907
REQUESTS = 10_000
AT_ONCE = 16
SAID = "she-cried-in-lesson-three"
"""A person's text, which must be in no log."""
TOKEN = "xoxb-1234-a-token-of-somebody"
HIDDEN = (SAID, TOKEN, SECRET, f"xoxb-{OAK}", f"xoxb-{ELM}", "client-secret")
Request = tuple[bytes, dict[str, str]]


LEVELS = {"": logging.INFO, "aiohttp": 1, "slack_sdk": 1, "slack_bolt": 1}
"""The loggers of the database's drivers, which log at DEBUG what they store, and are never set to DEBUG."""


class Logs(logging.Handler):
    """Everything that is logged at any level, by structlog and the standard library."""

    def __init__(self) -> None:
        super().__init__(level=0)
        self.lines: list[str] = []
        self._format = logging.Formatter("%(name)s %(message)s").format

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self._format(record))

    def take(self, _: Any, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
        self.lines.append(repr(event) + repr(event.get("exc_info", "")))
        raise structlog.DropEvent

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


@pytest.fixture
def logs() -> Iterator[Logs]:
    """Record every logger, at DEBUG those that read requests."""
    taken = Logs()
    loggers = {logging.getLogger(name): level for name, level in LEVELS.items()}
    before = {each: each.level for each in loggers}
    for each, level in loggers.items():
        each.setLevel(level)
    logging.getLogger().addHandler(taken)
    structlog.configure(processors=[taken.take])
    yield taken
    structlog.reset_defaults()
    logging.getLogger().removeHandler(taken)
    for each, level in before.items():
        each.setLevel(level)


# --- bodies ---------------------------------------------------------------------------------------------------------


def command(number: int) -> bytes:
    told = {
        "token": TOKEN, "team_id": OAK, "user_id": SIAN, "command": "/jpd", "text": f"school add Elm {SAID}",
        "trigger_id": f"{number}.9.f", "response_url": "http://127.0.0.1:1/response", "is_enterprise_install": "false",
    }  # fmt: skip
    return urlencode(told).encode()


def event(number: int) -> bytes:
    words = {
        "type": "message",
        "channel": "D0ANN",
        "channel_type": "im",
        "user": ANN,
        "text": SAID,
        "ts": "1.2",
    }
    told = {
        "token": TOKEN,
        "team_id": OAK,
        "type": "event_callback",
        "event_id": f"Ev{number}",
        "event": words,
    }
    return json.dumps(told).encode()


def press(number: int) -> bytes:
    told = {
        "type": "block_actions", "token": TOKEN, "team": {"id": OAK}, "user": {"id": SIAN, "team_id": OAK},
        "trigger_id": f"{number}.8.f", "container": {"type": "message", "channel_id": "D1", "message_ts": "1.2"},
        "actions": [{"action_id": "press-1", "type": "button", "value": f"c:close yes {SAID}", "action_ts": "1"}],
    }  # fmt: skip
    return urlencode({"payload": json.dumps(told)}).encode()


BODIES = (command, event, press)


class Forger:
    """A source of requests that Slack did not send, from one seed."""

    def __init__(self, house: House) -> None:
        self.dice = random.Random(SEED)  # examples, no secrets
        self.wire = house.slack.wire
        self.number = 0

    def request(self) -> Request:
        """Return another request."""
        self.number += 1
        body = self.dice.choice(BODIES)(self.number)
        kind = self.dice.choice((self.forged, self.stale, self.swapped, self.bare, self.odd, self.broken))
        return kind(body)

    def _media(self) -> str:
        kinds = (
            "application/json",
            "application/x-www-form-urlencoded",
            "text/plain",
            "multipart/form-data",
            "",
        )
        return self.dice.choice(kinds)

    def forged(self, body: bytes) -> Request:
        """Return a request signed with another secret."""
        secret = self.dice.choice(("", "guess", SECRET[:-1], SECRET.upper(), "0" * 32))
        return body, self.wire.headers(body, self._media(), secret=secret or "\x00")

    def stale(self, body: bytes) -> Request:
        """Return a request with a correct signature of a wrong time."""
        age = self.dice.choice((-1, 1)) * self.dice.randrange(305, 10**9)
        return body, self.wire.headers(body, self._media(), age=age)

    def swapped(self, body: bytes) -> Request:
        """Return a request with the signature of another body."""
        other = self.dice.choice(BODIES)(-self.number)
        return body, self.wire.headers(other, self._media())

    def bare(self, body: bytes) -> Request:
        """Return a request without one of its headers."""
        headers = self.wire.headers(body, self._media())
        for name in self.dice.sample(
            ("X-Slack-Signature", "X-Slack-Request-Timestamp"), self.dice.randint(1, 2)
        ):
            del headers[name]
        return body, headers

    def odd(self, body: bytes) -> Request:
        """Return a request signed for a text that is no time, or with a signature of another form."""
        stamp = self.dice.choice(("", "abc", "1e9", "-5", "٣", "9" * 500, "9" * 4_999, "0x10", "1 2", TOKEN))
        headers = self.wire.headers(body, self._media())
        if self.dice.random() < 0.5:
            headers |= {
                "X-Slack-Request-Timestamp": stamp,
                "X-Slack-Signature": signature(SECRET, stamp, body),
            }
        else:
            good = headers["X-Slack-Signature"]
            wrong = (
                good[:-1],
                good.upper(),
                good.removeprefix("v0="),
                f"v1{good[2:]}",
                "é" * 20,
                TOKEN,
                f"{good}, {good}",
            )
            headers["X-Slack-Signature"] = self.dice.choice(wrong)
        return body, headers

    def broken(self, body: bytes) -> Request:
        """Return an unsigned request with bytes that are no text, or with half a body."""
        at = self.dice.randrange(len(body))
        body = self.dice.choice(
            (self.dice.randbytes(200), body[:at], b"\xff" + body, b"", b"[" * 5_000, body * 50)
        )
        return body, self.wire.headers(body, self._media(), secret="no secret")


async def test_ten_thousand_hostile_requests_do_nothing_and_leave_no_trace(
    sqlite_url: str, logs: Logs
) -> None:
    async with running_house(sqlite_url) as house:
        await house.slack.say(OAK, ANN, "help")
        forger, statuses = Forger(house), Counter[int]()
        requests = [forger.request() for _ in range(REQUESTS)]
        before, calls = await dump(house.store), len(house.slack.calls)
        logs.lines.clear()

        async def send(some: Sequence[Request]) -> None:
            for body, headers in some:
                async with house.slack.session.post(
                    house.slack.wire.url, data=body, headers=headers
                ) as answer:
                    statuses[answer.status] += 1
                    assert SAID not in await answer.text()

        await asyncio.gather(*(send(requests[start::AT_ONCE]) for start in range(AT_ONCE)))

        assert statuses.total() == REQUESTS
        assert set(statuses) == {400, 401}, statuses
        assert await dump(house.store) == before
        assert len(house.slack.calls) == calls
        assert [each for each in HIDDEN if each in logs.text] == []


async def test_replays_of_what_was_done_change_nothing(database_url: str, logs: Logs) -> None:
    async with running_house(database_url) as house:
        await house.slack.say(OAK, ANN, "help")
        await house.slack.command(OAK, SIAN, "school add Oak")
        await house.invite()
        before, calls = await dump(house.store), len(house.slack.calls)
        sent = [encode(each.kind, each.payload) for each in house.slack.wire.sent]

        for body, media_type in sent * 20:
            answer = await house.slack.raw(body, house.slack.wire.headers(body, media_type))
            assert (answer.status, answer.body) == (200, "")

        assert await dump(house.store) == before
        assert len(house.slack.calls) == calls
        assert [each for each in HIDDEN if each in logs.text] == []


async def test_what_is_no_http_at_all_is_closed_without_a_word_in_the_log(
    sqlite_url: str, logs: Logs
) -> None:
    async with running_house(sqlite_url) as house:
        logs.lines.clear()
        port = int(house.url.rpartition(":")[2])
        for said in (
            f"{SAID} {TOKEN}\r\n\r\n",
            f"POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-Length: {SAID}\r\n\r\n{TOKEN}",
            f"POST /slack/events HTTP/1.1\r\nHost: x\r\n{SAID}\r\n\r\n",
            f"POST /slack/events HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n{SAID}\r\n",
            f"POST /slack/events HTTP/1.1\r\nHost: x\r\nX: {TOKEN}\x00\r\n\r\n",
            f"POST /slack/events HTTP/1.1\r\nHost: x\r\nX: {TOKEN * 1_000}\r\n\r\n",
            f"GET /{TOKEN}?{SAID} HTTP/9.9\r\n\r\n",
        ):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(said.encode())
            writer.write_eof()
            answer = await reader.read()
            writer.close()
            assert b" 500 " not in answer.partition(b"\r\n")[0]
            assert SAID.encode() not in answer
        assert [each for each in HIDDEN if each in logs.text] == []


# --- signed, and nonsense -------------------------------------------------------------------------------------------

JUNK: tuple[Any, ...] = (
    None, "", "\x00", "\ud800", "x" * 5_000, SAID, 0, -1, 1.5, 10**400, True,
    [], [[]], [None], {}, {"id": None}, {"": []},
)  # fmt: skip


def spoiled(value: Any, dice: random.Random) -> Iterator[Any]:
    """Yield the payload with one part missing or replaced by other values."""
    match value:
        case dict():
            for key, inner in value.items():
                yield {name: each for name, each in value.items() if name != key}
                for worse in (*dice.sample(JUNK, 2), *spoiled(inner, dice)):
                    yield {**value, key: worse}
        case list():
            for at, inner in enumerate(value):
                for worse in spoiled(inner, dice):
                    yield [*value[:at], worse, *value[at + 1 :]]
        case _:
            pass


BARE = (
    "null",
    "true",
    "0",
    "[]",
    "[1]",
    '"words"',
    "{}",
    "[" * 100_000,
    "{",
    "NaN",
    '{"type":"event_callback"}',
    '{"event":1}',
    "",
)


async def test_what_is_signed_and_makes_no_sense_is_refused_and_breaks_nothing(
    sqlite_url: str, logs: Logs
) -> None:
    async with running_house(sqlite_url) as house:
        slack, statuses = house.slack, Counter[int]()
        await slack.say(OAK, ANN, SAID)
        slack.add_channel(OAK, "C1", "staff", [ANN])
        await slack.mention(OAK, ANN, "C1", "status")
        await slack.open_home(OAK, ANN)
        await slack.event(OAK, {"type": "tokens_revoked", "tokens": {"oauth": [], "bot": []}})
        await slack.command(OAK, ANN, "profile")
        await slack.press(OAK, ANN, label="What I offer and look for")
        await slack.submit(OAK, ANN)
        told, dice = list(slack.wire.sent), random.Random(SEED)  # examples, no secrets
        logs.lines.clear()
        for bare in BARE:
            for data in (bare.encode(), urlencode({"payload": bare}).encode()):
                for media in ("application/json", "application/x-www-form-urlencoded"):
                    statuses[(await slack.raw(data, slack.wire.headers(data, media))).status] += 1
        assert set(statuses) == {400}
        for number, each in enumerate(told):
            for at, payload in enumerate(_each_once(each.payload, each.kind, dice)):
                _renumber(payload, f"{number}-{at}")
                data, media = encode(each.kind, payload)
                statuses[(await slack.raw(data, slack.wire.headers(data, media))).status] += 1

        assert statuses.total() > 1_000
        assert set(statuses) == {200, 400}, statuses
        assert [each for each in HIDDEN if each in logs.text] == []
        assert not [line for line in logs.lines if "failed" in line]


def _each_once(payload: Any, kind: str, dice: random.Random) -> Iterator[Any]:
    """Return a form with each field once, as text without halves of characters."""
    seen = set[str]()
    for worse in spoiled(payload, dice):
        flat = json.dumps(worse)
        is_form = all(isinstance(each, str) and each.isprintable() for each in worse.values())
        if flat not in seen and (kind in (EVENT, INTERACTION) or is_form):
            seen.add(flat)
            yield worse


def _renumber(payload: Any, number: str) -> None:
    """Give the request an id of its own, unless the id is the wrong part."""
    for name in ("event_id", "trigger_id"):
        if isinstance(payload, dict) and len(str(payload.get(name) or "")) in range(5, 100):
            payload[name] = f"N{number}"


async def test_a_person_of_another_workspace_is_never_taken_for_one_of_this(sqlite_url: str) -> None:
    async with running_house(sqlite_url) as house:
        await house.slack.say(OAK, ANN, "help")
        before = await house.address_of("Ann Ash")
        body, media = encode(EVENT, {**house.slack.wire.sent[-1].payload, "team_id": ELM, "event_id": "Ev0"})

        await house.slack.raw(body, house.slack.wire.headers(body, media))

        assert await house.address_of("Ann Ash") == before
        await house.slack.say(ELM, CAT, "help")
        assert await house.address_of("Ann Ash") == before
