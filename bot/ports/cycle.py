"""Queries about cycles: enrolments, pairings, check-ins, challenges and notes, within one transaction."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.model import Answer, Challenge, CheckIn, Cycle, Enrolment, Note, Pairing, Reason, Seat, Share


class Cycles(Protocol):
    """Cycles and their enrolments."""

    async def add(self, cycle: Cycle, pack_files: Mapping[str, str]) -> Cycle:
        """Add a cycle with a copy of its pack's files, and return it with its id.

        Raises `UserError("cycle-is-open")` while the partnership has a cycle that is not closed.
        """

    async def pack_files(self, cycle_id: int) -> Mapping[str, str]:
        """Return the pack's files (name → text) as they were when the cycle was added."""

    async def get(self, cycle_id: int) -> Cycle:
        """Return a cycle; raises `LookupError` for an unknown id."""

    async def current(self, partnership_id: int) -> Cycle | None:
        """Return the partnership's cycle that is not closed."""

    async def last(self, partnership_id: int) -> Cycle | None:
        """Return the partnership's newest cycle, closed or not."""

    async def all_of(self, partnership_id: int) -> tuple[Cycle, ...]:
        """Return every cycle of the partnership, newest first."""

    async def save(self, cycle: Cycle) -> None:
        """Store what may change: name, goal, starts_on, state, confirmed_at, closed_at."""

    async def invite(self, enrolments: Sequence[Enrolment]) -> None:
        """Add enrolments; a member who has one in that cycle keeps it."""

    async def enrolment(self, cycle_id: int, member_id: int) -> Enrolment | None:
        """Return a member's enrolment in a cycle."""

    async def enrolments_of(self, cycle_id: int, member_ids: Collection[int]) -> tuple[Enrolment, ...]:
        """Return the enrolments of several members in a cycle."""

    async def enrolments(self, cycle_id: int) -> tuple[Enrolment, ...]:
        """Return all enrolments of a cycle, whatever their state."""

    async def was_opened(self, cycle_id: int) -> bool:
        """Return whether anybody was ever invited."""

    async def save_enrolment(self, enrolment: Enrolment) -> None:
        """Store what may change of an enrolment."""

    async def move_enrolment(self, enrolment: Enrolment) -> None:
        """Store the school of an enrolment that no pairing refers to."""

    async def lock_cohort(self, cycle_id: int) -> None:
        """Set `in_cohort` for everybody who has accepted: the people whom this cycle's figures are about."""


@dataclass(frozen=True, slots=True)
class NewPairing:
    """A pairing that is not stored yet."""

    seats: tuple[Seat, ...]
    reasons: tuple[Reason, ...]


class Pairings(Protocol):
    """Pairings: proposed, live and ended."""

    async def propose(
        self, cycle_id: int, pairings: Sequence[NewPairing], now: datetime
    ) -> tuple[Pairing, ...]:
        """Replace the cycle's proposed pairings; numbers go on after those of its live pairings."""

    async def confirm(self, cycle_id: int, now: datetime) -> None:
        """Make every proposed pairing of the cycle live."""

    async def add(self, cycle_id: int, pairing: NewPairing, now: datetime) -> Pairing:
        """Add one live pairing."""

    async def add_third(self, pairing_id: int, seat: Seat) -> None:
        """Add a third member to a live pairing."""

    async def end(self, pairing_id: int, now: datetime) -> None:
        """End a pairing."""

    async def get(self, pairing_id: int) -> Pairing:
        """Return a pairing; raises `LookupError` for an unknown id."""

    async def of_cycle(self, cycle_id: int) -> tuple[Pairing, ...]:
        """Return the proposed and live pairings of a cycle, by number."""

    async def all_of_cycle(self, cycle_id: int) -> tuple[Pairing, ...]:
        """Return all pairings of a cycle, ended ones too, by number."""

    async def of_member(self, cycle_id: int, member_id: int) -> Pairing | None:
        """Return a member's live pairing in a cycle."""

    async def of_members(self, cycle_id: int, member_ids: Collection[int]) -> Mapping[int, Pairing]:
        """Return the live pairings of several members in a cycle, by member id."""

    async def history(self, partnership_id: int) -> tuple[tuple[int, frozenset[int]], ...]:
        """Return (cycle id, two members) for every two who were ever in one live pairing; a trio has three pairs."""


class CheckIns(Protocol):
    """Check-ins and their answers."""

    async def add(self, check_ins: Sequence[CheckIn]) -> tuple[CheckIn, ...]:
        """Add check-ins, and return the added ones with their ids.

        A step that a member has in that cycle already is skipped.
        """

    async def get(self, check_in_id: int) -> CheckIn | None:
        """Return a check-in."""

    async def many(self, check_in_ids: Collection[int]) -> Mapping[int, CheckIn]:
        """Return check-ins by id."""

    async def open(self, asking: Mapping[int, str]) -> None:
        """Set planned check-ins to open, each (by id) with the question that plain text answers.

        Other states are left alone.
        """

    async def save(self, check_in: CheckIn) -> None:
        """Store what may change: pairing_id, due_at, closes_at, state, asking, suggested_at, held_until."""

    async def save_all(self, check_ins: Sequence[CheckIn]) -> None:
        """Store what may change of several check-ins."""

    async def of_member(self, cycle_id: int, member_id: int) -> tuple[CheckIn, ...]:
        """Return a member's check-ins in a cycle, by due time."""

    async def of_members(self, cycle_id: int, member_ids: Collection[int]) -> tuple[CheckIn, ...]:
        """Return the check-ins of several members in a cycle."""

    async def of_cycle(self, cycle_id: int) -> tuple[CheckIn, ...]:
        """Return all check-ins of a cycle."""

    async def of_pairing(self, pairing_id: int, step: str) -> tuple[CheckIn, ...]:
        """Return the check-ins of a pairing for one step."""

    async def open_for(self, member_id: int, now: datetime) -> tuple[CheckIn, ...]:
        """Return a member's open and answered check-ins that are not closed yet, oldest first."""

    async def open_with_facts(self, member_id: int, now: datetime) -> tuple[CheckIn, ...]:
        """Return what `open_for` returns, and read ahead what an answer of this member, who holds the event, needs."""

    async def answer(self, answer: Answer) -> None:
        """Store an answer. It replaces an earlier one to the same question, whose `given_at` stays."""

    async def typed_in(self, member_id: int, message: str) -> tuple[Answer, ...]:
        """Return the answers that a member typed in that chat message."""

    async def answers(self, check_in_id: int) -> tuple[Answer, ...]:
        """Return the answers of a check-in."""

    async def take_back(self, check_in_id: int, question: str | None = None) -> None:
        """Delete the answers of a check-in, or that to one question."""

    async def answers_of(self, cycle_id: int, member_id: int) -> Mapping[str, tuple[Answer, ...]]:
        """Return a member's answers in a cycle, by step."""

    async def answers_of_members(
        self, cycle_id: int, member_ids: Collection[int]
    ) -> Mapping[int, Mapping[str, tuple[Answer, ...]]]:
        """Return the answers of several members in a cycle, by member id and step, for those who have any."""

    async def due_by_step(self, cycle_id: int) -> Mapping[str, tuple[datetime, datetime]]:
        """Return the first and the last due time of each step that has check-ins in a cycle."""

    async def pool(self, cycle_id: int, step: str, share: Share) -> tuple[tuple[int, Answer], ...]:
        """Return (member id, answer) for the answers of a step's answered check-ins that are shared in that way."""


class Challenges(Protocol):
    """Challenges between partners."""

    async def give(self, challenge: Challenge) -> Challenge:
        """Store a challenge in place of an earlier one of the same check-in, and return it with its id."""

    async def take_back(self, check_in_id: int) -> None:
        """Delete the challenge that was given in a check-in."""

    async def get(self, challenge_id: int) -> Challenge | None:
        """Return a challenge."""

    async def of_check_in(self, check_in_id: int) -> Challenge | None:
        """Return the challenge that was given in a check-in."""

    async def of_pairing(self, pairing_id: int) -> tuple[Challenge, ...]:
        """Return the challenges of a pairing."""

    async def release(self, pairing_id: int, now: datetime) -> None:
        """Set `released_at` of the pairing's challenges that have none."""

    async def save_reply(self, challenge: Challenge) -> None:
        """Store reply, next_step, next_step_on, replied_at."""

    async def of_cycle(self, cycle_id: int) -> tuple[Challenge, ...]:
        """Return the challenges of a cycle."""


class Notes(Protocol):
    """Notes between partners."""

    async def add(self, note: Note) -> Note:
        """Store a note, and return it with its id."""

    async def get(self, note_id: int) -> Note | None:
        """Return a note."""

    async def set_text(self, note_id: int, text: str) -> None:
        """Store the changed text of a note; an empty one takes it back."""

    async def typed_in(self, member_id: int, message: str) -> tuple[Note, ...]:
        """Return the notes that a member typed in that chat message, without those taken back."""

    async def first_of_pairings(self, cycle_id: int) -> Mapping[int, datetime]:
        """Return when the first note of each pairing of a cycle was sent, without those taken back."""

    async def by(self, member_id: int) -> tuple[Note, ...]:
        """Return the notes that a member wrote."""
