"""`jpd` with a clock set to a school day, and with shorter leases."""

from __future__ import annotations

import sys
from datetime import datetime, timedelta

from adapters.cli.main import main
from bot.rules import outcomes
from bot.worker import batch
from storage.store import SqlStore

SECOND = timedelta(seconds=1)
ASK = SqlStore.now
AHEAD = timedelta(seconds=float(sys.argv.pop(1)))
batch.LEASE, outcomes.SETTLING = 10 * SECOND, 3 * SECOND


async def now(store: SqlStore) -> datetime:
    return await ASK(store) + AHEAD


if __name__ == "__main__":
    SqlStore.now = now  # type: ignore[method-assign, assignment]  # the one clock of all processes
    main()
