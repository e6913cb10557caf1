"""What is owed, what was published, and what has reached us."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Protocol

from bot.events import Event
from bot.model import Delivery, DeliveryKind, LaneFilter, Limit


class Deliveries(Protocol):
    """The ledger: what we owe, and what became of it."""

    async def owe(self, deliveries: Sequence[Delivery]) -> None:
        """Add those whose dedupe key is new; what still waits or was dropped is due as it is owed now."""

    async def claim(self, now: datetime, lease_until: datetime, limit: int) -> tuple[Delivery, ...]:
        """Take what is due, oldest first, as `sending`; nobody else gets it until the lease ends.

        At no pace but the caller's: for time that is played. `Lanes.claim` keeps to the workspaces' limits.
        """

    async def lapse(self, now: datetime) -> int:
        """Turn `sending` rows whose lease has ended into `uncertain`; how many."""

    async def claim_uncertain(self, now: datetime, again_at: datetime, limit: int) -> tuple[Delivery, ...]:
        """Take uncertain ones that are due to be asked about; nobody else is given them until `again_at`.

        They are due when the platform has had time to take what was on its way.
        """

    async def settle(self, deliveries: Sequence[Delivery]) -> frozenset[int]:
        """Write state, reason, attempts, due_at, ref, settled_at, perhaps_twice of those that the caller still holds.

        Returns their ids. What was not settled has a new holder, who decides.
        """

    async def refresh(self, kind: DeliveryKind, subject_id: int, now: datetime) -> None:
        """Send again, as an update in place, what was sent of that kind about that subject, or is under way."""

    async def bring_forward(self, kind: DeliveryKind, subject_ids: Collection[int], due_at: datetime) -> None:
        """Make queued ones due then, if that is earlier."""

    async def hurry(self, member_id: int, now: datetime, kinds: Collection[DeliveryKind] = ...) -> None:
        """Make due what waited because they had no address, and all that is queued of these kinds."""

    async def drop(
        self,
        *,
        member_id: int | None,
        cycle_id: int | None,
        reason: str,
        now: datetime,
        kinds: Collection[DeliveryKind] = ...,
    ) -> int:
        """Drop what is queued (of those kinds; else of any) for that member in that cycle (None: any).

        What is under way and turns out not to have arrived goes no more.

        What stands on a platform already is only waiting to be mended there: that is never dropped.
        """

    async def asks_sent(self, member_id: int, start: datetime, end: datetime) -> int:
        """How many asks were sent to them, or may have arrived, from start up to, not including, end."""

    async def is_asking(self, ask: Delivery) -> bool:
        """Whether another worker, who was first, is sending that member an ask at this moment."""

    async def was_sent(self, kind: DeliveryKind, subject_id: int, member_id: int) -> bool: ...
    async def next_due(self) -> datetime | None:
        """When the next queued one is due."""

    async def next_for(self, member_id: int) -> Delivery | None:
        """The next queued check-in for a member."""

    async def of_cycle(self, cycle_id: int) -> tuple[Delivery, ...]: ...
    async def cycles_to_prune(self, before: datetime) -> tuple[int, ...]:
        """Those that were closed before then, and have deliveries that may be pruned."""

    async def prune(self, cycle_id: int | None, before: datetime, limit: int) -> int:
        """Forget what of a closed cycle, or of none, was settled before then, up to a limit; how many.

        Never what is still owed or uncertain, nor what carries words that their author may yet take back.
        """


class Lanes(Protocol):
    """One pace a workspace, kept by all processes together."""

    async def line_up(self, now: datetime, limits: Mapping[str, Limit]) -> int:
        """Give what is due its lane, and wake the lanes; how many, up to some hundreds. Limits are by platform."""

    async def claim(
        self, now: datetime, lease_until: datetime, limit: int, lanes: LaneFilter = ...
    ) -> tuple[Delivery, ...]:
        """Take what is whose turn it is, as `sending`, up to each lane's quota."""

    async def hold(self, platform: str, workspace: str, until: datetime, limits: Mapping[str, Limit]) -> None:
        """Nothing more for that workspace until then."""

    async def next_ready(self, lanes: LaneFilter = ...) -> datetime | None:
        """When the next lane has a turn for what waits in it."""

    async def prune(self, before: datetime) -> int:
        """Forget lanes that have slept since then; how many."""


class Digests(Protocol):
    """What was published to principals: kept, so that nothing is published twice in two ways."""

    async def publish(self, cycle_id: int, school_id: int, week: date, figures: Mapping[str, object]) -> None:
        """Keep a week's figures; a second publishing of the same week changes nothing."""

    async def published(self, cycle_id: int, school_id: int) -> tuple[tuple[date, Mapping[str, object]], ...]:
        """By week, oldest first."""


class Events(Protocol):
    """What has reached us already."""

    async def first_time(self, event: Event) -> bool:
        """Mark the event; False when it was marked before. The mark commits with the event's effect."""

    async def prune(self, before: datetime) -> int:
        """Forget marks older than that; how many."""
