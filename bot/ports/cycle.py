"""Cycles: who is in them, who meets whom, what is asked, answered and said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.model import Answer, Challenge, CheckIn, Cycle, Enrolment, Note, Pairing, Reason, Seat, Share


class Cycles(Protocol):
    """Cycles and who is in them."""

    async def add(self, cycle: Cycle, pack_files: Mapping[str, str]) -> Cycle:
        """Add a cycle with its pack's files as they are now; returns it with its id.

        A partnership has one cycle that is not closed: a second raises `UserError("cycle-is-open")`.
        """

    async def pack_files(self, cycle_id: int) -> Mapping[str, str]:
        """The pack's files as they were when the cycle was made."""

    async def get(self, cycle_id: int) -> Cycle: ...
    async def current(self, partnership_id: int) -> Cycle | None:
        """The one that is not closed."""

    async def last(self, partnership_id: int) -> Cycle | None:
        """The newest, closed or not."""

    async def all_of(self, partnership_id: int) -> tuple[Cycle, ...]:
        """Every cycle, newest first."""

    async def save(self, cycle: Cycle) -> None:
        """Write what may change: name, goal, starts_on, state, confirmed_at, closed_at."""

    async def invite(self, enrolments: Sequence[Enrolment]) -> None:
        """Add enrolments that are not there yet."""

    async def enrolment(self, cycle_id: int, member_id: int) -> Enrolment | None: ...
    async def enrolments(self, cycle_id: int) -> tuple[Enrolment, ...]: ...
    async def was_opened(self, cycle_id: int) -> bool:
        """Whether anybody was ever invited."""

    async def save_enrolment(self, enrolment: Enrolment) -> None: ...
    async def lock_cohort(self, cycle_id: int) -> None:
        """Mark everybody who has accepted as the base of this cycle's figures."""


@dataclass(frozen=True, slots=True)
class NewPairing:
    """A pairing that is not kept yet."""

    seats: tuple[Seat, ...]
    reasons: tuple[Reason, ...]


class Pairings(Protocol):
    """Who meets whom."""

    async def propose(
        self, cycle_id: int, pairings: Sequence[NewPairing], now: datetime
    ) -> tuple[Pairing, ...]:
        """Throw away the cycle's proposals and keep these, numbered from 1 (or after its live pairings)."""

    async def confirm(self, cycle_id: int, now: datetime) -> None:
        """Make every proposal live."""

    async def add(self, cycle_id: int, pairing: NewPairing, now: datetime) -> Pairing:
        """Add one live pairing."""

    async def seat(self, pairing_id: int, seat: Seat) -> None:
        """Add a third seat to a live pairing."""

    async def end(self, pairing_id: int, now: datetime) -> None: ...
    async def get(self, pairing_id: int) -> Pairing: ...
    async def of_cycle(self, cycle_id: int) -> tuple[Pairing, ...]:
        """Proposed and live pairings, by number."""

    async def all_of_cycle(self, cycle_id: int) -> tuple[Pairing, ...]:
        """The ended ones too."""

    async def of_member(self, cycle_id: int, member_id: int) -> Pairing | None:
        """The live one, or None."""

    async def history(self, partnership_id: int) -> tuple[tuple[int, frozenset[int]], ...]:
        """Every pair of members that was ever live together: (cycle id, the two); a three counts three pairs."""


class CheckIns(Protocol):
    """Asks and answers."""

    async def add(self, check_ins: Sequence[CheckIn]) -> tuple[CheckIn, ...]:
        """Add those of a step and member that are not there yet; returns the added with their ids."""

    async def get(self, check_in_id: int) -> CheckIn | None: ...
    async def open(self, check_in_id: int, asking: str) -> None:
        """It has reached its owner: open from now on, unless something else became of it meanwhile."""

    async def save(self, check_in: CheckIn) -> None:
        """Write pairing_id, due_at, closes_at, state, asking, suggested_at."""

    async def of_member(self, cycle_id: int, member_id: int) -> tuple[CheckIn, ...]:
        """All of theirs, by due time."""

    async def of_cycle(self, cycle_id: int) -> tuple[CheckIn, ...]: ...
    async def of_pairing(self, pairing_id: int, step: str) -> tuple[CheckIn, ...]: ...
    async def open_for(self, member_id: int, now: datetime) -> tuple[CheckIn, ...]:
        """Put to them, not closed yet, neither skipped nor planned: open or answered, oldest first."""

    async def answer(self, answer: Answer) -> None:
        """Keep the answer, in place of an earlier one to the same question (whose `given_at` stays)."""

    async def answers(self, check_in_id: int) -> tuple[Answer, ...]: ...
    async def take_back(self, check_in_id: int) -> None:
        """Delete its answers."""

    async def answers_of(self, cycle_id: int, member_id: int) -> Mapping[str, tuple[Answer, ...]]:
        """All of a member's answers in a cycle, by step."""

    async def pool(self, cycle_id: int, step: str, share: Share) -> tuple[tuple[int, Answer], ...]:
        """(member id, answer) for everything that was sent, shared that way, in a step."""


class Challenges(Protocol):
    """Challenges between partners."""

    async def give(self, challenge: Challenge) -> Challenge:
        """Keep it, in place of an earlier one of the same check-in."""

    async def take_back(self, check_in_id: int) -> None: ...
    async def get(self, challenge_id: int) -> Challenge | None: ...
    async def of_check_in(self, check_in_id: int) -> Challenge | None:
        """The one its giver wrote there."""

    async def of_pairing(self, pairing_id: int) -> tuple[Challenge, ...]: ...
    async def release(self, pairing_id: int, now: datetime) -> None:
        """Mark the pairing's unreleased challenges as released."""

    async def save_reply(self, challenge: Challenge) -> None:
        """Write reply, next_step, next_step_on, replied_at."""

    async def of_cycle(self, cycle_id: int) -> tuple[Challenge, ...]: ...


class Notes(Protocol):
    """Words carried between partners."""

    async def add(self, note: Note) -> Note: ...
    async def get(self, note_id: int) -> Note | None: ...
    async def by(self, member_id: int) -> tuple[Note, ...]: ...
