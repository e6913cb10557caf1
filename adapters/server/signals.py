"""Waiting until somebody stops the process."""

from __future__ import annotations

import asyncio
import signal


def stopping() -> asyncio.Event:
    """Set at the first SIGINT or SIGTERM, so that what is under way can end in order."""
    stopped = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stopped.set)
    return stopped
