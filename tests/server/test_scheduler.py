from __future__ import annotations

import asyncio
import logging
from datetime import datetime

import pytest
from structlog.testing import capture_logs

from adapters.server.scheduler import heartbeat
from tests.support.limits import HANG


async def test_a_tick_that_fails_is_logged_without_its_words_and_beats_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    beats = asyncio.Semaphore(0)

    async def fail(_: datetime) -> None:
        beats.release()
        raise ValueError("she never speaks in class")

    with capture_logs() as logs, caplog.at_level(logging.DEBUG):
        scheduler = heartbeat({fail: 1})
        async with asyncio.timeout(HANG):
            for _ in range(2):
                await beats.acquire()
        scheduler.shutdown()

    assert {each["event"] for each in logs} == {"tick.failed"}
    assert "she never speaks" not in caplog.text
