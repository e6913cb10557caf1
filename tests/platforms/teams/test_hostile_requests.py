"""Thousands of forged, stale and malformed requests: none is handled or breaks anything, and no log holds a secret."""

from __future__ import annotations

import json
import logging
import random
from collections import Counter
from collections.abc import Callable

import pytest

from bot.message import Message
from tests.platforms.anything import HOSTILE
from tests.platforms.teams.stage import Stage, logs
from tests.platforms.teams.world import PASSWORD, SigningKey, claims

MANY = 2_000
WORDS = "she never speaks in class"


def forged(stage: Stage, draw: random.Random) -> tuple[bytes, dict[str, str]]:
    """Return one request with at least one fault."""
    service = stage.microsoft.service_url
    good = stage.people.token()
    body = json.dumps(stage.people.activity("Elin", text=WORDS)).encode()
    cut = draw.randrange(1, len(body) - 1)
    faults: tuple[Callable[[], tuple[bytes, dict[str, str]]], ...] = (
        lambda: (body, {}),
        lambda: (body, {"Authorization": f"Bearer {good[: draw.randrange(len(good) - 1)]}"}),
        lambda: (body, {"Authorization": f"Bearer {flipped(good, draw)}"}),
        lambda: (body, {"Authorization": f"Bearer {SigningKey('key-1', 2).sign(claims(service))}"}),
        lambda: (
            body,
            {"Authorization": f"Bearer {SigningKey(f'k{draw.random()}', 1).sign(claims(service))}"},
        ),
        lambda: (body, {"Authorization": f"Bearer {stage.people.token(aud=draw.choice(HOSTILE)[:200])}"}),
        lambda: (body, {"Authorization": f"Bearer {stage.people.token(iss=draw.choice(HOSTILE)[:200])}"}),
        lambda: (body, {"Authorization": f"Bearer {stage.people.token(exp=draw.randrange(1_000_000_000))}"}),
        lambda: (body[:cut], {"Authorization": f"Bearer {good}"}),
        lambda: (draw.randbytes(draw.randrange(200)), {"Authorization": f"Bearer {good}"}),
        lambda: (mistyped(stage, draw), {"Authorization": f"Bearer {good}"}),
    )
    return draw.choice(faults)()


def flipped(token: str, draw: random.Random) -> str:
    """Return the token with one character changed in its first half, where every bit counts."""
    place = draw.randrange(len(token) // 2)
    other = draw.choice([each for each in "ABCDabcd0123_-" if each != token[place]])
    return token[:place] + other + token[place + 1 :]


def mistyped(stage: Stage, draw: random.Random) -> bytes:
    """Return an activity with a wrong value in a required field."""
    wrong: object = draw.choice([None, 7, [], "", {}, [{}], True])
    name = draw.choice(["conversation", "serviceUrl", "type", "from", "channelId", "id"])
    activity = stage.people.activity("Elin", text=WORDS, **{name: wrong})
    return json.dumps(activity).encode()


async def test_none_is_heard_and_nothing_breaks(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    draw = random.Random(20_261_125)
    answers: Counter[int] = Counter()

    with logs() as found:
        for _ in range(MANY):
            body, headers = forged(stage, draw)
            answers[(await stage.people.raw(body, headers)).status] += 1

    assert set(answers) == {400, 401}
    assert stage.heard == []
    assert stage.microsoft.world.count("keys") == 1, "nobody makes us ask Microsoft again and again"
    assert stage.microsoft.world.posted == []
    assert_nothing_told(found, caplog)


async def test_what_goes_well_is_not_written_down_either(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    stage.reply = Message(WORDS)

    with logs() as found:
        await stage.people.say("Elin", WORDS)

    assert len(stage.microsoft.world.posted) == 1
    assert_nothing_told(found, caplog)


def assert_nothing_told(found: list[object], caplog: pytest.LogCaptureFixture) -> None:
    written = f"{found} {caplog.text}"
    for secret in (WORDS, PASSWORD, "Bearer ", "eyJ"):
        assert secret not in written
