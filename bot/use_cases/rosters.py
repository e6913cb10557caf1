"""Use case of a roster import, with its effect on a running cycle."""

from __future__ import annotations

from datetime import datetime

from bot.model.roster import Roster, RosterChange
from bot.ports import Tx
from bot.use_cases import late_changes, schools


async def import_roster(
    tx: Tx, partnership: str, roster: Roster, now: datetime, *, dry_run: bool
) -> tuple[RosterChange, ...]:
    """Import a roster and update the pairings after it; with `dry_run`, only return what would change."""
    changes = await schools.import_roster(tx, partnership, roster, now, dry_run=dry_run)
    found = await tx.schools.partnership_named(partnership)
    if found is not None and not dry_run:
        await late_changes.update_after_import(tx, found.id, now)
        await tx.accounts.ask_again(found.id, now)
    return changes
