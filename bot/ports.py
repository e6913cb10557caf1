"""What the core needs from the world: a store that runs transactions, and messengers that carry messages."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol, TypeAlias

from bot.events import Event
from bot.message import Message, Reply
from bot.model import (
    Account,
    Address,
    Answer,
    Challenge,
    CheckIn,
    Cycle,
    Delivery,
    DeliveryKind,
    Enrolment,
    Hours,
    Limit,
    LinkCode,
    Member,
    Note,
    Pack,
    Pairing,
    Partnership,
    Profile,
    Reason,
    School,
    Seat,
    Share,
    Which,
    Workspace,
)
from bot.roster import Roster, RosterChange
from bot.terms import Calendar, Term

Handle: TypeAlias = Callable[[Event], Awaitable[Reply | None]]
"""What an adapter calls with each event; the reply, if any, is for the person who caused it.

Raises `StoreAway`, and only of an event that comes again.
"""


class Messenger(Protocol):
    """Carries messages on one platform.

    Errors: `SendError` (again later), `Uncertain`, `Disconnected` (not before they let us in), `Unreachable` (never).
    """

    @property
    def one_at_a_time(self) -> bool:
        """Whether a workspace is sent one message after another, because nobody can be asked there what arrived."""

    async def send(self, address: Address, message: Message, delivery_id: int) -> str:
        """Send, and return a reference by which the message can be updated."""

    async def update(self, address: Address, ref: str, message: Message) -> None:
        """Put another message in the place of a sent one."""

    async def find(self, address: Address, delivery_id: int) -> str | None:
        """The reference of what an uncertain try left on the platform, or None: it never arrived.

        Raises `Untraceable` where nobody can be asked.
        """


class Directory(Protocol):
    """What a platform knows of its people. Whatever it does not answer in time is a `SendError`."""

    @property
    def gathers(self) -> bool:
        """Whether the bot can open one chat of several people there."""

    async def email_of(self, address: Address) -> str:
        """The e-mail address, or nothing: for guests, bots and where the platform doesn't tell."""

    async def named(self, workspace: str, email: str) -> Address | None:
        """Who has that e-mail address in that workspace, where the platform tells."""

    async def members_of(self, sender: Address, channel: str) -> tuple[Account, ...]:
        """Who is in a channel, without bots and guests. Raises `UserError` where the bot can't see it."""


class Store(Protocol):
    """The shared store. Both raise `StoreAway` while it does not answer."""

    def transaction(self) -> AbstractAsyncContextManager[Tx]:
        """Open a transaction: leaving the block commits, raising rolls back. No network inside, ever.

        Raises `Conflict` where two would wait for each other, and `StoreAway`.
        """

    async def now(self) -> datetime:
        """The time on the one clock that all processes share."""


class Tx(Protocol):
    """One open transaction, a noun at a time."""

    @property
    def events(self) -> Events: ...
    @property
    def schools(self) -> Schools: ...
    @property
    def members(self) -> Members: ...
    @property
    def cycles(self) -> Cycles: ...
    @property
    def pairings(self) -> Pairings: ...
    @property
    def check_ins(self) -> CheckIns: ...
    @property
    def challenges(self) -> Challenges: ...
    @property
    def notes(self) -> Notes: ...
    @property
    def deliveries(self) -> Deliveries: ...
    @property
    def lanes(self) -> Lanes: ...
    @property
    def digests(self) -> Digests: ...
    @property
    def workspaces(self) -> Workspaces: ...


class Events(Protocol):
    """What has reached us already."""

    async def first_time(self, event: Event) -> bool:
        """Mark the event; False when it was marked before. The mark commits with the event's effect."""

    async def prune(self, before: datetime) -> int:
        """Forget marks older than that; how many."""


class Schools(Protocol):
    """Partnerships, schools and their calendars."""

    async def partnership(self, partnership_id: int) -> Partnership: ...
    async def partnership_named(self, name: str) -> Partnership | None: ...
    async def partnerships(self) -> tuple[Partnership, ...]: ...
    async def add_partnership(self, name: str, language: str = "en") -> Partnership: ...
    async def get(self, school_id: int) -> School: ...
    async def of(self, partnership_id: int) -> tuple[School, ...]:
        """All schools of a partnership, by name."""

    async def calendar(self, school_id: int) -> Calendar:
        """The school's own calendar: zone, hours, terms, closed days, whose public holidays."""

    async def set_calendar(self, school_id: int, terms: Sequence[Term], closed: Mapping[date, str]) -> None:
        """Replace term dates and closed days (date → reason)."""

    async def set_settings(self, school: School) -> None:
        """Write a school's zone, holidays, hours and safeguarding lead."""

    async def changes(self, partnership_id: int, roster: Roster) -> tuple[RosterChange, ...]:
        """What importing that roster would change, without changing it."""

    async def apply(self, partnership_id: int, roster: Roster, now: datetime) -> tuple[RosterChange, ...]:
        """Import a whole roster: add, change, and make inactive who vanished. Nothing is deleted."""


class Members(Protocol):
    """People, their profiles and where to reach them."""

    async def get(self, member_id: int) -> Member: ...
    async def many(self, member_ids: Collection[int]) -> Mapping[int, Member]: ...
    async def of(self, partnership_id: int) -> tuple[Member, ...]:
        """All active members, by family name."""

    async def at(self, address: Address, now: datetime) -> Member | None:
        """Whose address that is; also keeps the newest `route` and the moment it was used."""

    async def by_email(self, email: str) -> tuple[Member, ...]: ...
    async def connect(self, address: Address, member_id: int, now: datetime) -> None:
        """Remember (or move) an address."""

    async def disconnect(self, address: Address, now: datetime) -> None:
        """The address can no longer be written to, until it is connected again."""

    async def address_of(self, member_id: int) -> Address | None:
        """Where to write: the live address used last."""

    async def profile(self, member_id: int) -> Profile: ...
    async def profiles(self, member_ids: Collection[int]) -> Mapping[int, Profile]: ...
    async def set_profile(self, member_id: int, profile: Profile) -> None: ...
    async def set_pause(self, member_id: int, until: date | None) -> None: ...
    async def set_language(self, member_id: int, language: str) -> None: ...
    async def set_hours(self, member_id: int, hours: Hours) -> None: ...
    async def hold(self, member_id: int, text: str, now: datetime) -> None:
        """Keep words until the person has said which check-in they belong to."""

    async def held(self, member_id: int) -> str | None:
        """Take the kept words, which ends their keeping."""

    async def holds(self, member_id: int) -> str | None:
        """The kept words, which go on being kept."""

    async def block(self, member_a: int, member_b: int, now: datetime) -> None:
        """These two never meet in a pairing."""

    async def blocked(self, partnership_id: int) -> frozenset[frozenset[int]]: ...
    async def forget(self, member_id: int, now: datetime) -> None:
        """Erase name, e-mail, profile, addresses and words; keep the rows that counts need."""


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

    async def running(self) -> tuple[Cycle, ...]: ...
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

    async def of_partnership(self, partnership_id: int, limit: int) -> tuple[Delivery, ...]:
        """The newest settled or due first."""


class Lanes(Protocol):
    """One pace a workspace, kept by all processes together."""

    async def line_up(self, now: datetime, limits: Mapping[str, Limit]) -> int:
        """Give what is due its lane, and wake the lanes; how many, up to some hundreds. Limits are by platform."""

    async def claim(
        self, now: datetime, lease_until: datetime, limit: int, which: Which = ...
    ) -> tuple[Delivery, ...]:
        """Take what is whose turn it is, as `sending`, up to each lane's quota."""

    async def hold(self, platform: str, workspace: str, until: datetime, limits: Mapping[str, Limit]) -> None:
        """Nothing more for that workspace until then."""

    async def next_ready(self, which: Which = ...) -> datetime | None:
        """When the next lane has a turn for what waits in it."""

    async def prune(self, before: datetime) -> int:
        """Forget lanes that have slept since then; how many."""


class Digests(Protocol):
    """What was published to principals: kept, so that nothing is published twice in two ways."""

    async def publish(self, cycle_id: int, school_id: int, week: date, figures: Mapping[str, object]) -> None:
        """Keep a week's figures; a second publishing of the same week changes nothing."""

    async def published(self, cycle_id: int, school_id: int) -> tuple[tuple[date, Mapping[str, object]], ...]:
        """By week, oldest first."""


class Workspaces(Protocol):
    """Which workspaces a partnership has let in."""

    async def add_code(self, code: LinkCode) -> None: ...
    async def take_code(self, fingerprint: str, now: datetime) -> int | None:
        """The school the code is for, which uses it up; None where there is none, or it has expired."""

    async def get(self, platform: str, workspace_id: str) -> Workspace | None: ...
    async def of_school(self, school_id: int) -> tuple[Workspace, ...]:
        """Those that are linked to it and have not removed the bot."""

    async def link(self, platform: str, workspace_id: str, school: School, now: datetime) -> None:
        """Let the workspace in for that school too: whoever waits for an address is looked for there at once."""

    async def leave(self, platform: str, workspace_id: str, now: datetime) -> None:
        """It removed the bot: nothing more can be sent to anybody there."""

    async def come_back(self, platform: str, workspace_id: str, now: datetime) -> None:
        """It let the bot in again: its people can be written to as before, and what waited for them is due."""

    async def erase_gone(self, before: datetime) -> int:
        """Erase what came from workspaces that removed the bot before then; how many."""


class PackLoader(Protocol):
    """Reads a pack from its files."""

    def __call__(self, pack_id: str, files: Mapping[str, str]) -> Pack: ...
