"""Use cases on what comes in from outside: a roster, and what it means for a cycle that is open."""

from __future__ import annotations

from datetime import datetime

from bot.model.roster import Roster, RosterChange
from bot.ports import Tx
from bot.use_cases import late_changes, schools


async def import_roster(
    tx: Tx, partnership: str, roster: Roster, now: datetime, *, dry_run: bool
) -> tuple[RosterChange, ...]:
    """`schools.import_roster`; and nobody goes on waiting for a partner who has left the roster."""
    changes = await schools.import_roster(tx, partnership, roster, now, dry_run=dry_run)
    found = await tx.schools.partnership_named(partnership)
    if found is not None and not dry_run:
        await late_changes.update_after_import(tx, found.id, now)
    return changes
