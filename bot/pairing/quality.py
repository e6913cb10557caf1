"""How well people fit, in hundredths of a point, and the same said as reasons."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import date
from itertools import combinations, permutations

from bot.model import Profile, Reason
from bot.pairing.free_times import common

BEST = 10_000
"""The quality of two people who fit in every part: a hundred points, in hundredths."""

MOST_REASONS = 3

SHARED_SLOTS = (0, 60, 80, 100)
"""Percent for none, one, two and more common free times: the first is what a visit needs."""

SHARED_FOCUS = (50, 30, 20)
"""Percent for sharing a focus at all, among the first two of both, and the first of both; they add up."""

YEARS = 10
"""From this difference in years of experience on, the two bring as different views as can be."""

FLOOR = BEST // 2
"""Points below this count twice: a bad fit is worse than a very good one is good."""

OWED_AT_MOST = 4
"""So often does having sat badly double one's points."""

COUNTED_MOST = BEST + FLOOR + BEST * (2**OWED_AT_MOST - 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody to be paired, for the school they sit there for."""

    id: int
    school_id: int
    profile: Profile
    languages: tuple[str, ...] = ("en",)
    platform: str = ""
    time_zone: str = "Europe/London"
    """By which the free times are meant; empty: their names alone say when they are."""
    level: str = ""
    """Such as teacher or principal: only equals meet."""
    focus: tuple[str, ...] = ()
    """What they want to work on, the dearest first; empty: whatever they need, in no order."""
    experience: int | None = None
    """Years."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """How much each part counts, in points of a hundred; anything else is a `ValueError`."""

    offer: int = 35
    """A need meets an offer, half in each direction."""
    focus: int = 20
    """Both look for the same practice."""
    ties: int = 15
    """Schools that have met seldom come first."""
    closeness: int = 15
    """Phase and subjects."""
    slots: int = 10
    """Free at the same time."""
    tools: int = 5
    """Language and platform."""
    experience: int = 0
    """One has been at it longer; nothing where it is not asked for."""

    def __post_init__(self) -> None:
        if min(astuple(self)) < 0:
            raise ValueError("a weight is never negative")
        if sum(astuple(self)) != 100:
            raise ValueError(f"the weights sum to {sum(astuple(self))}, not to 100")


def value(a: Person, b: Person, *, ties: int, on: date, weights: Weights) -> int:
    """How well two people of schools with that many past ties fit: 0 to `BEST`, never shown to anybody."""
    mine, theirs = a.profile, b.profile
    shared = common(mine.slots, a.time_zone, theirs.slots, b.time_zone, on)
    known = a.experience is not None and b.experience is not None
    years = abs((a.experience or 0) - (b.experience or 0)) if known else 0
    return (
        weights.offer * 50 * (_meets(mine.offers, theirs.needs) + _meets(theirs.offers, mine.needs))
        + weights.focus
        * sum(
            percent * _meets(some, others)
            for percent, some, others in zip(SHARED_FOCUS, focus_by_rank(a), focus_by_rank(b), strict=True)
        )
        + weights.ties * 100 // (1 + ties)
        + weights.closeness * 60 * _meets(mine.subjects, theirs.subjects)
        + weights.closeness * 40 * (mine.phase == theirs.phase != "")
        + weights.slots * SHARED_SLOTS[min(shared, 3)]
        + weights.experience * (100 // YEARS) * min(years, YEARS)
        + weights.tools * 50 * (_meets(a.languages, b.languages) + (a.platform == b.platform != ""))
    )


def counted(points: int, owed: int = 0, other_owed: int = 0) -> int:
    """What a fit counts when arrangements are compared: the first fifty points twice.

    For each time that one of the two sat badly, all their points count twice as often, half of it each.
    """
    return points + min(points, FLOOR) + (points * ((1 << owed) + (1 << other_owed) - 2) >> 1)


def focus_by_rank(person: Person) -> tuple[tuple[str, ...], ...]:
    """All they want to work on, the first two, the first; the same thrice where nobody said what is dearest."""
    if not person.focus:
        return (person.profile.needs,) * 3
    return person.focus, person.focus[:2], person.focus[:1]


def reasons(
    people: Sequence[Person],
    *,
    ties: Mapping[frozenset[int], int] | None = None,
    weights: Weights = Weights(),
) -> tuple[Reason, ...]:
    """Why these people sit together: one to three parts, those that count most first.

    `ties` are the past ties by pair of schools; without them no tie is called a first one.
    """
    parts = [*_offers(people, weights), *_shared(people, weights)]
    parts.sort(key=lambda part: -part[0])  # stable: equals keep the order of the table
    return tuple(reason for _, reason in parts[:MOST_REASONS]) or (_schools(people, ties),)


def _meets(some: Collection[str], others: Collection[str]) -> bool:
    return any(each in others for each in some)


def _offers(people: Sequence[Person], weights: Weights) -> Iterator[tuple[int, Reason]]:
    """One reason for each direction in which a need is met, worth more where it goes both ways."""
    given = {
        (giver.id, taker.id): practice
        for giver, taker in permutations(people, 2)
        if (practice := _first(taker.profile.needs, giver.profile.offers))
    }
    for (giver_id, taker_id), practice in given.items():
        points = weights.offer * (1 + ((taker_id, giver_id) in given))
        facts = (("giver", str(giver_id)), ("taker", str(taker_id)), ("practice", practice))
        yield points * 50, Reason("offer", facts)


def _shared(people: Sequence[Person], weights: Weights) -> Iterator[tuple[int, Reason]]:
    """What all of them have in common."""
    profiles = [person.profile for person in people]
    if need := _first(*(person.focus or person.profile.needs for person in people)):
        yield weights.focus * 100, Reason("both-need", (("practice", need),))
    if subject := _first(*(profile.subjects for profile in profiles)):
        yield weights.closeness * 60, Reason("subject", (("subject", subject),))
    if phase := _first(*((profile.phase,) for profile in profiles)):
        yield weights.closeness * 40, Reason("phase", (("phase", phase),))
    # A slot's words name a local time: true for all of them only where all live by one clock.
    one_clock = len({person.time_zone for person in people}) == 1
    if one_clock and (slot := _first(*(profile.slots for profile in profiles))):
        yield weights.slots * SHARED_SLOTS[1], Reason("slot", (("slot", slot),))


def _schools(people: Sequence[Person], ties: Mapping[frozenset[int], int] | None) -> Reason:
    pairs = [(a.school_id, b.school_id) for a, b in combinations(people, 2) if a.school_id != b.school_id]
    new = [pair for pair in pairs if ties is not None and not ties.get(frozenset(pair))]
    school_a, school_b = (new or pairs)[0]
    return Reason(
        "new-tie" if new else "different-schools",
        (("school_a", str(school_a)), ("school_b", str(school_b))),
    )


def _first(ranked: Sequence[str], *others: Sequence[str]) -> str:
    """The first that all of them name, or an empty text."""
    return next((each for each in ranked if each and all(each in other for other in others)), "")
