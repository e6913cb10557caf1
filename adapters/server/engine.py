"""The pairing engine in a separate process, so that the web process goes on answering."""

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
"""Largest number of people arranged in the web process itself: it takes some hundredths of a second."""


@contextmanager
def start_engine() -> Iterator[Engine]:
    """Give an engine whose worker process starts with the first task that needs it."""
    pool = _pool()

    async def answer_in_worker(task: PairingTask) -> Arrangement:
        nonlocal pool
        if len(task.people) <= FEW:
            return answer(task)
        asked = pool
        try:
            return await asyncio.get_running_loop().run_in_executor(asked, answer, task)
        except BrokenProcessPool:  # the system killed it: the next task gets a new one
            if pool is asked:
                pool = _pool()
            raise

    try:
        yield answer_in_worker
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _pool() -> ProcessPoolExecutor:
    # Spawned: a fork of a process with threads and an event loop may deadlock.
    return ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=_ignore_interrupt)


def _ignore_interrupt() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
