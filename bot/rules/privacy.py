"""Privacy rules: who may read what, and which figures about people may be published.

Figures go to principals, who are employers and may compare digests: treat all that can be computed from all digests
together as published, and assume that principals know who was asked. The reasoning:

- A week's replies are told in bands, one band per group; nobody is in two groups, and each has `FLOOR` people or more.
  Every band leaves at least two counts possible, and no band means exactly nobody or exactly everybody: even a
  principal who is in the group, and knows their own reply, learns no colleague's.
- The band of everyone overlaps those of the schools: "most of A's 5" and "nearly all of the 10" together would say
  that all of B's 5 replied. So a threshold between two bands of everyone is used only where it stays `MARGIN` away from
  both ends of what the schools' bands allow; otherwise the band of everyone is estimated from those bands. The bands of
  the schools alone decide between the two, so the choice reveals nothing.
- If the people outside the shown schools are fewer than `FLOOR` in a week, the band of everyone leaves them out.
- Numbers of people are those of the cohort, locked when the cycle was confirmed, so no two weeks can be
  subtracted. Schools too small to be shown together have 0 people or at least `FLOOR`; otherwise one more school is
  hidden.
- What is shown or hidden depends on who was asked in the first week, never on who replied; it stays so until the
  cycle's end. A school is counted anew only in a week in which its whole cohort was asked (`tell_week`): a known
  absence would tell on the absent one.

What remains: two people of a small group who put their own replies together may learn about the others. Somebody who
always does the same can be guessed at over many weeks. Numbers of people of two *cycles* can be subtracted, which tells
who takes part, never what they did. None of this would hold for two counts of one week: a week is counted once, at one
moment, for all schools.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum

from bot.model import FROM_PARTNERS, DeliveryKind, Member, Pairing, Role, Share

FLOOR = 5
"""The least number of people that a published figure is about: five, as staff surveys in schools commonly use.

Code, sentences and documents take the number from here; `docs/privacy/README.md` gives the reasons.
"""

QUOTE_FLOOR = 10
"""The least number of people who answered before a principal may read one answer: text tells more than a figure."""

FOUR_BANDS_FROM = 10
"""The least number of people for four bands, so that each inner band covers at least two counts and each outer one
three. Smaller groups get two bands."""

MARGIN = 2
"""The least number of replies between a threshold that is used and the ends of what the schools' bands allow.

Where those allow 10 to 20 replies, a threshold of 13 to 18 is used; with 12 or 19 the band is estimated. A margin of 1
would do for readers outside the group; the second reply is for a reader who knows their own.
"""


# --- answers --------------------------------------------------------------------------------------------------


def may_partner_read(share: Share) -> bool:
    """Return whether partners may read an answer that is shared in that way."""
    return share is Share.PARTNER


def may_pool_read(authors: int) -> bool:
    """Return whether others may read the pool, without names, when it has answers of that many people."""
    return authors >= FLOOR


def may_principal_read(*, consented: bool, respondents: int) -> bool:
    """Return whether principals may read an answer: with its author's consent, as one of many who answered."""
    return consented and respondents >= QUOTE_FLOOR


def is_released(given: int, expected: int, now: datetime, last_day_end: datetime) -> bool:
    """Return whether a pairing's challenges may be read: all have given theirs, or the step's last day is over."""
    return given >= expected or now >= last_day_end


# --- a pairing, seen by its coordinator ------------------------------------------------------------------------


class Exchange(StrEnum):
    """What a coordinator may be told of a pairing: what became of its steps that are over."""

    NOT_YET = "not-yet"
    """No step is over."""
    SILENT = "silent"
    """Steps are over, and no word has gone from one to another."""
    EXCHANGED = "exchanged"
    """Words have gone from one to another in a step that is over, or in a note before its end."""


@dataclass(frozen=True, slots=True)
class PairingStep:
    """One step of a pairing: when it is over for all, and whether one of them shared words with another in it."""

    over_at: datetime
    has_words: bool
    stage: str = ""


@dataclass(frozen=True, slots=True)
class PairingTold:
    """What is told of a pairing, and the stage of the last step in which words have gone from one to another."""

    exchange: Exchange
    stage: str = ""


def tell_of_pairing(
    reader: Member, pairing: Pairing, steps: Sequence[PairingStep], first_note: datetime | None, now: datetime
) -> PairingTold | None:
    """Return what this coordinator may be told of the pairing: never a count, and nothing while a step is open.

    None for their own pairing and for one of a school that they lead: they know its people, and lead or work with
    them, so they are told no more than the digest tells.
    """
    leads = any(
        post.role is Role.PRINCIPAL and post.school_id in {seat.school_id for seat in pairing.seats}
        for post in reader.posts
    )
    if leads or reader.id in pairing.member_ids:
        return None
    over = sorted((step for step in steps if step.over_at <= now), key=lambda step: step.over_at)
    if not over:
        return PairingTold(Exchange.NOT_YET)
    stages = [step.stage for step in over if step.has_words]
    has_note = first_note is not None and first_note <= over[-1].over_at
    return PairingTold(Exchange.EXCHANGED if stages or has_note else Exchange.SILENT, *stages[-1:])


TELLS_OF_ANSWERS = frozenset(
    {
        *FROM_PARTNERS,
        DeliveryKind.POOL,
        DeliveryKind.REMINDER,
        DeliveryKind.NUDGE,
        DeliveryKind.AGAIN,
    }
)
"""The kinds of messages that are sent, or not, because of what somebody answered. A coordinator who could count them
would count answers."""


# --- numbers of people --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Published:
    """The schools whose figures may be shown during a cycle, and whether those of everyone may."""

    schools: frozenset[int]
    everyone: bool


def publishable(cohort: Mapping[int, int]) -> Published:
    """Return what may be shown of a cohort (people by school): no sum or difference is about fewer than `FLOOR`."""
    shown = {school: people for school, people in cohort.items() if people >= FLOOR}
    hidden = sum(cohort.values()) - sum(shown.values())
    if shown and 0 < hidden < FLOOR:
        next_smallest = min(shown, key=lambda school: (shown[school], school))
        del shown[next_smallest]  # it has at least FLOOR people, so hiding one is enough
    return Published(frozenset(shown), everyone=sum(cohort.values()) >= FLOOR)


# --- a week's replies ---------------------------------------------------------------------------------------


class Band(IntEnum):
    """A rough share of those asked who replied; the number is the height to draw.

    Of fewer than `FOUR_BANDS_FROM` people only SOME (half or fewer) and MOST (more than half) are told. SOME may be
    nobody, MOST and NEARLY_ALL may be everybody: no band means exactly nobody or exactly everybody.
    """

    SOME = 1  # under 40 %
    HALF = 2  # from 40 %
    MOST = 3  # from 60 %
    NEARLY_ALL = 4  # from 80 %

    @property
    def key(self) -> str:
        """The name of the band in content and in stored figures, such as `nearly-all`."""
        return self.name.lower().replace("_", "-")

    @classmethod
    def of_key(cls, key: str) -> Band:
        """Return the band of that key; raises `KeyError` for any other."""
        return {band.key: band for band in cls}[key]


@dataclass(frozen=True, slots=True)
class Replies:
    """The people (not check-ins) of a group who were asked, and how many of them replied; a skip is a reply."""

    asked: int
    replied: int

    def __post_init__(self) -> None:
        if not 0 <= self.replied <= self.asked:
            raise ValueError(f"{self.replied} replies of {self.asked} people")


@dataclass(frozen=True, slots=True)
class WeekBands:
    """The bands that may be published of a week: of schools, and of everyone together (None: not published)."""

    schools: Mapping[int, Band]
    everyone: Band | None


def week_bands(published: Published, week: Mapping[int, Replies]) -> WeekBands:
    """Return the bands of a week, safe for every principal of the partnership to read side by side."""
    shown = {
        school: replies
        for school, replies in week.items()
        if school in published.schools and replies.asked >= FLOOR
    }
    others = _add_up(replies for school, replies in week.items() if school not in shown)
    return WeekBands(
        schools={school: _own_band(replies) for school, replies in shown.items()},
        everyone=_band_of_everyone(shown.values(), others) if published.everyone else None,
    )


@dataclass(frozen=True, slots=True)
class Told:
    """What has been told of replies so far in a cycle."""

    schools: Mapping[int, Band]
    """The last band of each school that has one."""
    hidden: frozenset[int]
    """The schools that were hidden in a week: they stay hidden until the cycle's end."""
    everyone: Band | None


NOTHING_TOLD = Told({}, frozenset(), None)


def tell_week(
    published: Published, cohort: Mapping[int, int], week: Mapping[int, Replies], before: Told
) -> Told:
    """Return what is told after this week.

    A school is counted only in a week in which its whole locked cohort was asked: a figure about the others would
    tell what the absent one did not do. In any other week its last band stands again; without one it stays hidden
    until the cycle's end, as a band that comes and goes tells that somebody was away.
    """
    asked = {school for school, replies in week.items() if replies.asked}
    counted = {school: week[school] for school in asked if week[school].asked == cohort.get(school)}
    unseen = published.schools - before.schools.keys()
    hidden = before.hidden | ((unseen & asked) - counted.keys())
    fresh = week_bands(Published(published.schools - hidden, published.everyone), counted)
    return Told(
        schools={**before.schools, **fresh.schools},
        hidden=hidden,
        everyone=before.everyone if fresh.everyone is None else fresh.everyone,
    )


def _band_of_everyone(shown: Collection[Replies], others: Replies) -> Band | None:
    """Return the band of the shown schools and all others, which must not narrow down any school's count."""
    if others.asked < FLOOR:
        others = Replies(0, 0)
    everyone = _add_up([*shown, others])
    if everyone.asked < FLOOR:
        return None
    lowest = sum(_range_of_band(replies)[0] for replies in shown)
    highest = sum(_range_of_band(replies)[1] for replies in shown) + others.asked

    midpoint = (lowest + highest) / 2

    def is_reached(threshold: int) -> bool:
        if lowest + MARGIN < threshold <= highest - MARGIN:
            return everyone.replied >= threshold
        return midpoint > threshold  # an estimate from the published bands, without the real count

    return _band_reaching(is_reached(threshold) for threshold in _thresholds(everyone.asked))


def _own_band(replies: Replies) -> Band:
    return _band_reaching(replies.replied >= threshold for threshold in _thresholds(replies.asked))


def _range_of_band(replies: Replies) -> tuple[int, int]:
    """Return the fewest and the most replies that have the same band."""
    bounds = (0, *_thresholds(replies.asked), replies.asked + 1)
    own = _own_band(replies)
    return bounds[own - 1], bounds[own] - 1


def _thresholds(asked: int) -> tuple[int, int, int]:
    """Return the numbers of replies from which the band is HALF, MOST and NEARLY_ALL."""
    if asked < FOUR_BANDS_FROM:
        majority = asked // 2 + 1
        return majority, majority, asked + 1
    return -(-asked * 4 // 10), -(-asked * 6 // 10), -(-asked * 8 // 10)


def _band_reaching(reached: Iterable[bool]) -> Band:
    """Return the band, given for each threshold whether it is reached."""
    return Band(1 + sum(reached))


def _add_up(groups: Iterable[Replies]) -> Replies:
    asked = replied = 0
    for group in groups:
        asked += group.asked
        replied += group.replied
    return Replies(asked, replied)
