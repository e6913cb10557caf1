from __future__ import annotations

import asyncio
import gc
import logging

import pytest

from adapters.server.patience import wait_at_most


async def test_who_takes_too_long_goes_on_and_their_mishap_is_nobodys(
    caplog: pytest.LogCaptureFixture,
) -> None:
    door = asyncio.Event()

    async def late() -> str:
        await door.wait()
        raise ValueError("she never speaks in class")

    asked = asyncio.ensure_future(late())
    with pytest.raises(TimeoutError):
        await wait_at_most(0.01, asked)
    assert not asked.done()
    door.set()
    await asyncio.wait({asked})
    del asked
    with caplog.at_level(logging.DEBUG):
        gc.collect()

    assert caplog.text == ""


async def test_who_answers_in_time_is_heard() -> None:
    async def soon() -> str:
        return "here"

    assert await wait_at_most(20, asyncio.ensure_future(soon())) == "here"
