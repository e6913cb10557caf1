"""Queries about deliveries, their lanes, published digests, and events that have arrived, within one transaction."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Protocol

from bot.events import Event
from bot.model import Delivery, DeliveryKind, LaneFilter, Limit


class Deliveries(Protocol):
    """The ledger: the deliveries that are owed, and what became of them."""

    async def owe(self, deliveries: Sequence[Delivery]) -> None:
        """Add deliveries. Those whose dedupe key is known are queued anew, unless they were sent."""

    async def claim(self, now: datetime, lease_until: datetime, limit: int) -> tuple[Delivery, ...]:
        """Set due deliveries to `sending`, oldest first, and return them; they are the caller's until the lease ends.

        Pays no heed to the workspaces' limits, as `Lanes.claim` does: for the playground and tests.
        """

    async def mark_expired_leases(self, now: datetime) -> int:
        """Set `sending` deliveries whose lease has ended to `uncertain`, and return how many."""

    async def claim_uncertain(self, now: datetime, again_at: datetime, limit: int) -> tuple[Delivery, ...]:
        """Return uncertain deliveries to ask the platform about; they are the caller's until `again_at`."""

    async def settle(self, deliveries: Sequence[Delivery]) -> frozenset[int]:
        """Store the outcome of deliveries whose lease the caller still holds, and return their ids.

        Writes state, reason, attempts, due_at, ref, settled_at, perhaps_twice.
        """

    async def refresh(self, kind: DeliveryKind, subject_id: int, now: datetime) -> None:
        """Queue an update in place of what was sent, or is being sent, of that kind about that subject."""

    async def bring_forward(self, kind: DeliveryKind, subject_ids: Collection[int], due_at: datetime) -> None:
        """Set the due time of queued deliveries to an earlier one; later ones are ignored."""

    async def make_due(self, member_id: int, now: datetime, kinds: Collection[DeliveryKind] = ...) -> None:
        """Make due now the queued deliveries that wait for the member's address, and those of these kinds."""

    async def drop(
        self,
        *,
        member_id: int | None,
        cycle_id: int | None,
        reason: str,
        now: datetime,
        kinds: Collection[DeliveryKind] = ...,
    ) -> int:
        """Drop what is queued for a member in a cycle (None: any), and return how many.

        A delivery that is being sent is dropped if it turns out not to have arrived. A queued update of a message
        that was sent before is never dropped.
        """

    async def asks_sent(
        self, member_ids: Collection[int], start: datetime
    ) -> Mapping[int, tuple[datetime, ...]]:
        """Return when asks were sent to members, or may have arrived, from start on, by member id."""

    async def behind_others(self, asks: Collection[Delivery]) -> frozenset[int]:
        """Return the ids of those asks whose member is being sent an ask that another worker claimed earlier."""

    async def was_sent(self, kind: DeliveryKind, subject_id: int, member_id: int) -> bool:
        """Return whether a delivery of that kind about that subject has been sent to a member."""

    async def last_sent(self, member_id: int) -> Delivery | None:
        """Return the delivery that was sent or updated last for a member."""

    async def next_due(self) -> datetime | None:
        """Return when the next queued delivery is due."""

    async def next_for(self, member_id: int) -> Delivery | None:
        """Return a member's next queued check-in."""

    async def of_cycle(self, cycle_id: int) -> tuple[Delivery, ...]:
        """Return the deliveries of a cycle, by due time."""

    async def cycles_to_prune(self, before: datetime) -> tuple[int, ...]:
        """Return the cycles that were closed before that time and have deliveries that may be pruned."""

    async def prune(self, cycle_id: int | None, before: datetime, limit: int) -> int:
        """Delete deliveries of a closed cycle (None: of no cycle) settled before that time, and return how many.

        Keeps what is owed or uncertain, and the kinds whose words an author may still take back.
        """


class Lanes(Protocol):
    """Lanes: the queue of each workspace, whose limit all processes keep together."""

    async def line_up(self, now: datetime, limits: Mapping[str, Limit]) -> int:
        """Put due deliveries into their lanes, some hundreds at most, and return how many; limits are by platform."""

    async def claim(
        self, now: datetime, lease_until: datetime, limit: int, lanes: LaneFilter = ...
    ) -> tuple[Delivery, ...]:
        """Set deliveries of ready lanes to `sending`, up to each lane's limit, and return them."""

    async def hold(self, platform: str, workspace: str, until: datetime, limits: Mapping[str, Limit]) -> None:
        """Send nothing to a workspace until that time."""

    async def next_ready(self, lanes: LaneFilter = ...) -> datetime | None:
        """Return when the next lane with waiting deliveries is ready."""

    async def prune(self, before: datetime) -> int:
        """Delete lanes unused since that time, and return how many."""


class Digests(Protocol):
    """Published digests: stored, so that a week is never published twice with different figures."""

    async def publish(self, cycle_id: int, week: date, figures: Mapping[int, Mapping[str, object]]) -> None:
        """Store a week's figures by school id; those that are stored already stay."""

    async def published(self, cycle_id: int, school_id: int) -> tuple[tuple[date, Mapping[str, object]], ...]:
        """Return a school's published figures by week, oldest first."""

    async def published_by_school(
        self, cycle_id: int
    ) -> Mapping[int, tuple[tuple[date, Mapping[str, object]], ...]]:
        """Return the published figures of all schools by school id, each by week, oldest first."""

    async def weeks(self, cycle_id: int) -> frozenset[date]:
        """Return the weeks whose figures are published."""


class Events(Protocol):
    """Marks of the events that have arrived, so that a repeated event has no effect."""

    async def first_time(self, event: Event) -> bool:
        """Mark an event, and return False if it was marked before; the mark commits with the event's effect."""

    async def prune(self, before: datetime) -> int:
        """Delete marks older than that, and return how many."""
