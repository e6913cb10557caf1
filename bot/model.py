"""The nouns of the house, as frozen dataclasses and enums: what they are, never how they are kept or said."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import StrEnum

# --- people and places --------------------------------------------------------------------------------------------


class Role(StrEnum):
    """What a member does in the partnership; one person may hold several, at several schools."""

    TEACHER = "teacher"
    COORDINATOR = "coordinator"
    PRINCIPAL = "principal"


@dataclass(frozen=True, slots=True, kw_only=True)
class School:
    """A school of a partnership, with what decides its days."""

    id: int
    partnership_id: int
    source_id: str
    """The identifier the roster uses: stable when the name changes."""
    name: str
    time_zone: str = "Europe/London"
    """An IANA name."""
    holidays: str = ""
    """Whose public holidays: a code as `holidays` knows it, such as GB-WLS, NZ-AUK, AU-VIC or IE; empty: none."""
    opens: time = time(8, 30)
    closes: time = time(17, 0)
    ask_at: time = time(15, 30)
    """When the bot asks, in school time: after lessons."""
    lead_name: str = ""
    lead_contact: str = ""
    """The designated safeguarding lead, shown by `concern`."""


@dataclass(frozen=True, slots=True)
class Post:
    """A role held at a school."""

    role: Role
    school_id: int


@dataclass(frozen=True, slots=True)
class Hours:
    """When one person may be written to, where it differs from the school's hours; weekdays count from Monday = 0."""

    days: frozenset[int] = frozenset(range(5))
    start: time | None = None
    end: time | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A person of the partnership."""

    id: int
    partnership_id: int
    source_id: str
    given_name: str
    family_name: str
    email: str = ""
    language: str = "en"
    active: bool = True
    posts: tuple[Post, ...] = ()
    """The first is the home post: its school's days are this person's days."""
    hours: Hours = Hours()
    paused_until: date | None = None
    """The first day on which the bot may write again, in school time."""

    @property
    def name(self) -> str:
        """The full name, as one would write it on a list."""
        return f"{self.given_name} {self.family_name}".strip()

    @property
    def home_school_id(self) -> int:
        """The school whose calendar this person lives by; the roster guarantees one."""
        return self.posts[0].school_id

    def has(self, role: Role) -> bool:
        """Whether this person holds the role at any school."""
        return any(post.role is role for post in self.posts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What a member brings to a match. Practices and slots are keys of the content's lists, never free text."""

    subjects: tuple[str, ...] = ()
    phase: str = ""
    offers: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    slots: tuple[str, ...] = ()
    """Free times in school time: `mon-before`, `tue-lunch`, `wed-after`."""


@dataclass(frozen=True, slots=True)
class Address:
    """Who a member is on a platform. `route` is the adapter's own, opaque here, and no part of the identity."""

    platform: str
    workspace: str
    user: str
    route: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Partnership:
    """The schools that work together."""

    id: int
    name: str
    language: str = "en"


# --- a cycle --------------------------------------------------------------------------------------------------------


class CycleState(StrEnum):
    """draft → inviting → matched (a preview) → running → closed; `paused` on the way, and back to running."""

    DRAFT = "draft"
    INVITING = "inviting"
    MATCHED = "matched"
    RUNNING = "running"
    PAUSED = "paused"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cycle:
    """One run of joint practice development in a partnership, on the pack version it began with."""

    id: int
    partnership_id: int
    name: str
    goal: str
    """What every partner's children should gain, in the coordinator's words."""
    pack_id: str
    pack_version: str
    state: CycleState
    starts_on: date
    """The first day on which a step may fall."""
    group_size: int = 2
    started_by: int | None = None
    created_at: datetime
    confirmed_at: datetime | None = None
    closed_at: datetime | None = None


class EnrolmentState(StrEnum):
    """What became of an invitation; silence stays `invited`, and is fine."""

    INVITED = "invited"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    LEFT = "left"


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """A member in a cycle, for one school."""

    cycle_id: int
    member_id: int
    school_id: int
    state: EnrolmentState = EnrolmentState.INVITED
    invited_at: datetime
    answered_at: datetime | None = None
    asked_for_another: bool = False
    """Each teacher may decline a partner once a cycle."""
    in_cohort: bool = False
    """Whether they were in when the cycle was confirmed: the locked base of every published figure."""


@dataclass(frozen=True, slots=True)
class Seat:
    """A member's place in a pairing, and the school they sit there for."""

    member_id: int
    school_id: int


@dataclass(frozen=True, slots=True)
class Reason:
    """One part of why people were matched: a key of the content and the facts it names; never a number about a person.

    Keys: `offer` (giver, taker, practice), `both-need` (practice), `subject` (subject), `phase` (phase),
    `slot` (slot), `new-tie` and `different-schools` (school_a, school_b). Member and school ids travel as text.
    """

    key: str
    facts: tuple[tuple[str, str], ...] = ()

    def fact(self, name: str) -> str:
        """The fact of that name, or an empty text."""
        return dict(self.facts).get(name, "")


class PairingState(StrEnum):
    """A proposal becomes live when the coordinator confirms."""

    PROPOSED = "proposed"
    LIVE = "live"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairing:
    """Two (or three) members from different schools; the first two seats never share a school."""

    id: int
    cycle_id: int
    number: int
    """What coordinators call it: 1, 2, 3 … within the cycle."""
    state: PairingState
    seats: tuple[Seat, ...]
    reasons: tuple[Reason, ...] = ()
    created_at: datetime
    ended_at: datetime | None = None

    @property
    def member_ids(self) -> tuple[int, ...]:
        """Who sits here, in order of the seats."""
        return tuple(seat.member_id for seat in self.seats)

    def partners_of(self, member_id: int) -> tuple[int, ...]:
        """Everybody but this member."""
        return tuple(each for each in self.member_ids if each != member_id)

    def receiver_from(self, member_id: int) -> int:
        """Whom this member challenges: the next seat, so that in a three everybody gives one and gets one."""
        seats = self.member_ids
        return seats[(seats.index(member_id) + 1) % len(seats)]


# --- what is asked and said -----------------------------------------------------------------------------------------


class Share(StrEnum):
    """Who reads an answer, set by the pack's step and said before anyone types."""

    ME = "me"
    PARTNER = "partner"
    POOL = "pool"


class CheckInState(StrEnum):
    """Where one ask stands; whether it may still be answered is decided by `closes_at`."""

    PLANNED = "planned"
    OPEN = "open"
    ANSWERED = "answered"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckIn:
    """A step put to one member."""

    id: int
    cycle_id: int
    member_id: int
    pairing_id: int | None
    step: str
    due_at: datetime
    closes_at: datetime
    state: CheckInState = CheckInState.PLANNED
    asking: str | None = None
    """The question that the next plain reply answers."""
    suggested_at: datetime | None = None
    """When the one gentle suggestion about wording was made: there is never a second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a member said to one question of a check-in; theirs to change and take back until it closes."""

    check_in_id: int
    question: str
    text: str
    """Words, or a choice's key, or keys joined by `;`, a number, an ISO date or time: by the question's kind."""
    share: Share
    language: str
    given_at: datetime
    edited_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """Evidence, a question and something to try, from one partner to another; unseen until released."""

    id: int
    check_in_id: int
    pairing_id: int
    giver_id: int | None
    receiver_id: int | None
    evidence: str
    question: str
    suggestion: str
    given_at: datetime
    released_at: datetime | None = None
    reply: str = ""
    next_step: str = ""
    next_step_on: date | None = None
    replied_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Words one partner asked the bot to carry to the others."""

    id: int
    pairing_id: int
    author_id: int | None
    text: str
    sent_at: datetime


# --- what we owe ----------------------------------------------------------------------------------------------------


class DeliveryKind(StrEnum):
    """What is owed; `subject_id` of the delivery points at the row it is about."""

    INVITATION = "invitation"  # a cycle
    MATCH = "match"  # a pairing
    CHANGED_MATCH = "changed_match"  # a pairing
    ALONE = "alone"  # a cycle: nobody could be found, said kindly
    CHECK_IN = "check_in"  # a check-in
    REMINDER = "reminder"  # a check-in
    AGAIN = "again"  # a check-in, asked again because its owner said "in an hour"
    SHARED_ANSWER = "shared_answer"  # a check-in, for the partner
    POOL = "pool"  # a check-in, for its owner: what others said
    CHALLENGE = "challenge"  # a check-in of the receiver: what they were given
    CHALLENGE_REPLY = "challenge_reply"  # a challenge, for its giver
    NOTE = "note"  # a note
    NUDGE = "nudge"  # a pairing
    DIGEST = "digest"  # a school
    CYCLE_END = "cycle_end"  # a cycle, for its coordinators
    CLOSED = "closed"  # a cycle, for everybody in it


ASKS = frozenset(
    {DeliveryKind.INVITATION, DeliveryKind.CHECK_IN, DeliveryKind.REMINDER, DeliveryKind.NUDGE},
)
"""Deliveries that ask for something: at most one a day reaches a person."""


class DeliveryState(StrEnum):
    """queued → sending → sent | failed | dropped; `uncertain`: sent or not, nobody knows yet."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    DROPPED = "dropped"
    UNCERTAIN = "uncertain"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A message owed to a member at a time; its words are made at the moment of sending."""

    id: int
    partnership_id: int
    cycle_id: int | None
    member_id: int
    kind: DeliveryKind
    subject_id: int
    occurrence: str = ""
    """Which of several: a digest's week as an ISO date, an `again`'s moment, a challenge's pairing."""
    due_at: datetime
    expires_at: datetime | None = None
    state: DeliveryState = DeliveryState.QUEUED
    reason: str = ""
    """Why it failed or was dropped: a key of the content, never anybody's words."""
    attempts: int = 0
    ref: str = ""
    """Where it stands on the platform, once sent: an update goes there."""
    settled_at: datetime | None = None

    @property
    def dedupe_key(self) -> str:
        """What, for whom, which occurrence: planning twice cannot owe twice."""
        return f"{self.kind}:{self.subject_id}:{self.member_id}:{self.occurrence}"


# --- the pack -------------------------------------------------------------------------------------------------------


class Kind(StrEnum):
    """How a question is answered."""

    SHORT = "short"
    LONG = "long"
    ONE = "one"
    MANY = "many"
    SCALE = "scale"
    DATE = "date"
    TIME = "time"


@dataclass(frozen=True, slots=True)
class Option:
    """A choice: its key is kept, its label is read."""

    key: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question of a step, in one language."""

    key: str
    kind: Kind
    label: str
    hint: str = ""
    needed: bool = False
    limit: int = 500
    """Characters a text may have."""
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """A step's words in one language: Markdown with the pack's known words in braces."""

    form: str
    """The form's title, 24 characters at most."""
    lead: str
    """Bold first line: the question behind the step."""
    body: str
    questions: tuple[Question, ...]
    principals: str = ""
    """The one thing a principal can do while this step runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A part of a pack: when it falls, who reads what is said, and its words by language."""

    key: str
    day: int
    """The teaching day of the cycle on which it is put, from 1, over days that all schools of a pairing teach."""
    open_days: int
    """How many teaching days it stays open, the first included."""
    remind_after: int | None
    """Teaching days until the one reminder; none: no reminder."""
    share: Share
    stage: str
    """The stage of working together that a pairing has reached here: a key of the content."""
    is_challenge: bool = False
    plan: tuple[str, str] | None = None
    """The two questions (when, then) that make this person's when–then plan."""
    focus: str | None = None
    """The question whose answer names the focus."""
    visit_day: str | None = None
    """The question whose answer is the day of the visit."""
    story: tuple[str, str] | None = None
    """The question a principal may read, and the yes/no question by which its author says so."""
    wording: tuple[tuple[str, Wording], ...]

    def words(self, language: str) -> Wording:
        """The wording in that language, else in the pack's first language."""
        by_language = dict(self.wording)
        return by_language.get(language) or self.wording[0][1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """The prompts of a cycle."""

    id: str
    version: str
    languages: tuple[str, ...]
    titles: tuple[tuple[str, str], ...]
    """Language and title."""
    steps: tuple[Step, ...]

    def title(self, language: str) -> str:
        """The pack's name in that language, else in its first."""
        return dict(self.titles).get(language) or self.titles[0][1]

    def step(self, key: str) -> Step:
        """The step of that key; a `KeyError` means that a row and its pack disagree."""
        for step in self.steps:
            if step.key == key:
                return step
        raise KeyError(key)
