"""The pairing engine in a process of its own, so that the web process goes on answering while it works."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context

from bot.pairing import Arrangement
from bot.pairing.problem import Engine, PairingTask, answer

FEW = 40
"""So few people are arranged within some hundredths of a second: not worth another process."""


@contextmanager
def apart() -> Iterator[Engine]:
    """An engine in a worker process, which starts with the first question that needs it."""
    pool = _pool()

    async def answer_apart(question: PairingTask) -> Arrangement:
        nonlocal pool
        if len(question.people) <= FEW:
            return answer(question)
        asked = pool
        try:
            return await asyncio.get_running_loop().run_in_executor(asked, answer, question)
        except BrokenProcessPool:  # the system ended it: whoever asks next gets a new one
            if pool is asked:
                pool = _pool()
            raise

    try:
        yield answer_apart
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _pool() -> ProcessPoolExecutor:
    # Spawned, since a copy of a process with threads and an event loop may wait for ever.
    return ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=_leave_stopping_to_the_other)


def _leave_stopping_to_the_other() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
