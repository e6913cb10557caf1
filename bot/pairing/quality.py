"""The quality of a pair: points by criterion, and the same criteria as reasons that people can read."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import date
from itertools import combinations, permutations

from bot.model import DEFAULT_LANGUAGE, Profile, Reason
from bot.pairing.columns import Column, Overlap, SchoolTies, SharedSlots, YearsApart
from bot.pairing.free_times import common

BEST = 10_000
"""The points of two people who fit in every criterion: a hundred, in hundredths."""

MOST_REASONS = 3

SLOT_PERCENT = (0, 60, 80, 100)
"""Percent for none, one, two and more common free times. The first counts most: a visit needs one."""

FOCUS_PERCENT = (50, 30, 20)
"""Percent for any common focus; for one among both people's first two; for the same first. Added together."""

MOST_YEARS_APART = 10
"""The greatest difference in experience that counts; more years apart count the same."""

DOUBLED_UP_TO = BEST // 2
"""Points up to here count twice: avoiding a bad fit matters more than improving a good one."""

MOST_POOR_FITS = 4
"""At most this many poor fits of earlier cycles count; each doubles the weight of the points."""

MOST_WORTH = BEST + DOUBLED_UP_TO + BEST * (2**MOST_POOR_FITS - 1)
"""The most that `weigh_fit` returns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A member to be paired, for one school."""

    id: int
    school_id: int
    profile: Profile
    languages: tuple[str, ...] = (DEFAULT_LANGUAGE,)
    platform: str = ""
    time_zone: str = "Europe/London"
    """The clock of the free times; empty: slots are compared by name alone."""
    level: str = ""
    """Such as teacher or principal: only people of one level meet."""
    focus: tuple[str, ...] = ()
    """Practices to work on, most wanted first; empty: the needs of the profile, without an order."""
    experience: int | None = None
    """Years; None: not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """Points of each criterion, a hundred in all; raises `ValueError` for other sums and for negative weights."""

    offer: int = 35
    focus: int = 20
    ties: int = 15
    phase_and_subjects: int = 15
    slots: int = 10
    language_and_platform: int = 5
    experience: int = 0

    def __post_init__(self) -> None:
        if min(astuple(self)) < 0:
            raise ValueError("a weight is never negative")
        if sum(astuple(self)) != 100:
            raise ValueError(f"the weights sum to {sum(astuple(self))}, not to 100")


# --- the input of criteria ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PairContext:
    """Two people, with the facts of their schools and the week that criteria need."""

    a: Person
    b: Person
    ties: int
    """The number of past pairings of their schools."""
    on: date
    """A day of the week whose clocks decide which free times are shared."""


@dataclass(frozen=True, slots=True)
class PeopleOfLevel:
    """All people of one level, those of a school side by side, with the same facts as `PairContext`."""

    people: Sequence[Person]
    ties: Mapping[frozenset[int], int]
    """The number of past pairings of each two schools."""
    on: date


PointedReasons = Iterable[tuple[int, Reason]]
"""Reasons, each with the points by which reasons are ordered."""


def no_reasons(people: Sequence[Person], weight: int) -> PointedReasons:  # noqa: ARG001  # same signature as the other reason functions
    """Give no reason: the criterion counts without being named."""
    return ()


@dataclass(frozen=True, slots=True)
class Criterion:
    """One part of quality.

    A new one needs its functions and an entry in `CRITERIA`, a field of `Weights`, the texts of its reasons in
    `prompts/bot/cycles.en.md` (`reason-why.…`), their keys and facts in `model.Reason`, and each new fact in
    `say/pairings.py`.
    """

    name: str
    """The field of `Weights`."""
    points: Callable[[PairContext, int], int]
    """Return the hundredths of a point of two people, given the criterion's weight."""
    columns: Callable[[PeopleOfLevel, int], Iterator[Column]]
    """Array version of `points`: the sum of all columns equals the points of every pair."""
    reasons: Callable[[Sequence[Person], int], PointedReasons] = no_reasons
    """Return the reasons that this criterion gives for a group."""
    reason_keys: tuple[str, ...] = ()
    """The key of each reason that it may give; `reason-why.<key>` is its sentence."""


# --- a need meets an offer, half in each direction ----------------------------------------------------------


def _offer_points(pair: PairContext, weight: int) -> int:
    mine, theirs = pair.a.profile, pair.b.profile
    return weight * 50 * (_overlap(mine.offers, theirs.needs) + _overlap(theirs.offers, mine.needs))


def _offer_columns(level: PeopleOfLevel, weight: int) -> Iterator[Column]:
    offers = [each.profile.offers for each in level.people]
    needs = [each.profile.needs for each in level.people]
    yield Overlap(weight * 50, offers, needs)
    yield Overlap(weight * 50, needs, offers)


def _offer_reasons(people: Sequence[Person], weight: int) -> PointedReasons:
    """Give one reason for each direction in which a need is met, worth more where both directions are."""
    given = {
        (giver.id, taker.id): practice
        for giver, taker in permutations(people, 2)
        if (practice := _first(taker.profile.needs, giver.profile.offers))
    }
    for (giver_id, taker_id), practice in given.items():
        directions = 1 + ((taker_id, giver_id) in given)
        facts = (("giver", str(giver_id)), ("taker", str(taker_id)), ("practice", practice))
        yield weight * 50 * directions, Reason("offer", facts)


# --- both look for the same practice ------------------------------------------------------------------------


def _focus_by_rank(person: Person) -> tuple[tuple[str, ...], ...]:
    """Return the whole focus list, its first two, and its first; the needs three times if the member ranked none."""
    if not person.focus:
        return (person.profile.needs,) * 3
    return person.focus, person.focus[:2], person.focus[:1]


def _focus_points(pair: PairContext, weight: int) -> int:
    ranks = zip(FOCUS_PERCENT, _focus_by_rank(pair.a), _focus_by_rank(pair.b), strict=True)
    return weight * sum(percent * _overlap(some, others) for percent, some, others in ranks)


def _focus_columns(level: PeopleOfLevel, weight: int) -> Iterator[Column]:
    ranked = [_focus_by_rank(each) for each in level.people]
    whole, first_two, first = ([each[rank] for each in ranked] for rank in range(3))
    if whole == first:  # nobody ranked more than one, so that the three comparisons are one
        yield Overlap(weight * sum(FOCUS_PERCENT), whole, whole)
        return
    for percent, focus in zip(FOCUS_PERCENT, (whole, first_two, first), strict=True):
        yield Overlap(weight * percent, focus, focus)


def _focus_reasons(people: Sequence[Person], weight: int) -> PointedReasons:
    if need := _first(*(person.focus or person.profile.needs for person in people)):
        yield weight * 100, Reason("both-need", (("practice", need),))


# --- schools that have met seldom come first ----------------------------------------------------------------


def _tie_points(pair: PairContext, weight: int) -> int:
    return weight * 100 // (1 + pair.ties)


def _tie_columns(level: PeopleOfLevel, weight: int) -> Iterator[Column]:
    yield SchoolTies(weight * 100, [each.school_id for each in level.people], level.ties)


# --- phase and subjects -------------------------------------------------------------------------------------


def _phase_and_subject_points(pair: PairContext, weight: int) -> int:
    mine, theirs = pair.a.profile, pair.b.profile
    same_phase = mine.phase == theirs.phase != ""
    return weight * (60 * _overlap(mine.subjects, theirs.subjects) + 40 * same_phase)


def _phase_and_subject_columns(level: PeopleOfLevel, weight: int) -> Iterator[Column]:
    subjects = [each.profile.subjects for each in level.people]
    phases = [_named(each.profile.phase) for each in level.people]
    yield Overlap(weight * 60, subjects, subjects)
    yield Overlap(weight * 40, phases, phases)


def _phase_and_subject_reasons(people: Sequence[Person], weight: int) -> PointedReasons:
    if subject := _first(*(each.profile.subjects for each in people)):
        yield weight * 60, Reason("subject", (("subject", subject),))
    if phase := _first(*((each.profile.phase,) for each in people)):
        yield weight * 40, Reason("phase", (("phase", phase),))


# --- free at the same time ----------------------------------------------------------------------------------


def _slot_points(pair: PairContext, weight: int) -> int:
    a, b = pair.a, pair.b
    shared = common(a.profile.slots, a.time_zone, b.profile.slots, b.time_zone, pair.on)
    return weight * SLOT_PERCENT[min(shared, len(SLOT_PERCENT) - 1)]


def _slot_columns(level: PeopleOfLevel, weight: int) -> Iterator[Column]:
    slots = [each.profile.slots for each in level.people]
    zones = [each.time_zone for each in level.people]
    yield SharedSlots([weight * percent for percent in SLOT_PERCENT], slots, zones, level.on)


def _slot_reasons(people: Sequence[Person], weight: int) -> PointedReasons:
    # A slot's name is a local time: true for all of a group only where they share a time zone.
    same_zone = len({each.time_zone for each in people}) == 1
    if same_zone and (slot := _first(*(each.profile.slots for each in people))):
        yield weight * SLOT_PERCENT[1], Reason("slot", (("slot", slot),))


# --- language and platform ----------------------------------------------------------------------------------


def _language_and_platform_points(pair: PairContext, weight: int) -> int:
    a, b = pair.a, pair.b
    return weight * 50 * (_overlap(a.languages, b.languages) + (a.platform == b.platform != ""))


def _language_and_platform_columns(level: PeopleOfLevel, weight: int) -> Iterator[Column]:
    languages = [each.languages for each in level.people]
    platforms = [_named(each.platform) for each in level.people]
    yield Overlap(weight * 50, languages, languages)
    yield Overlap(weight * 50, platforms, platforms)


# --- one has taught longer than the other -------------------------------------------------------------------


def _experience_points(pair: PairContext, weight: int) -> int:
    if pair.a.experience is None or pair.b.experience is None:
        return 0
    return (
        weight * (100 // MOST_YEARS_APART) * min(abs(pair.a.experience - pair.b.experience), MOST_YEARS_APART)
    )


def _experience_columns(level: PeopleOfLevel, weight: int) -> Iterator[Column]:
    years = [each.experience for each in level.people]
    if any(each is not None for each in years):
        yield YearsApart(weight * (100 // MOST_YEARS_APART), MOST_YEARS_APART, years)


# --- all of them --------------------------------------------------------------------------------------------

CRITERIA = (
    Criterion("offer", _offer_points, _offer_columns, _offer_reasons, ("offer",)),
    Criterion("focus", _focus_points, _focus_columns, _focus_reasons, ("both-need",)),
    Criterion("ties", _tie_points, _tie_columns),  # named by `reasons` where there is no other reason
    Criterion(
        "phase_and_subjects",
        _phase_and_subject_points,
        _phase_and_subject_columns,
        _phase_and_subject_reasons,
        ("subject", "phase"),
    ),
    Criterion("slots", _slot_points, _slot_columns, _slot_reasons, ("slot",)),
    Criterion("language_and_platform", _language_and_platform_points, _language_and_platform_columns),
    Criterion("experience", _experience_points, _experience_columns),
)
NEW_TIE, DIFFERENT_SCHOOLS = "new-tie", "different-schools"  # where no criterion gives a reason
REASON_KEYS = (*(key for criterion in CRITERIA for key in criterion.reason_keys), NEW_TIE, DIFFERENT_SCHOOLS)


def score_fit(a: Person, b: Person, *, ties: int, on: date, weights: Weights) -> int:
    """Return how well two people fit, 0 to `BEST`; `ties` are the past pairings of their schools. Shown to nobody."""
    pair = PairContext(a, b, ties, on)
    return sum(criterion.points(pair, getattr(weights, criterion.name)) for criterion in CRITERIA)


def weigh_fit(points: int, poor_fits: int = 0, other_poor_fits: int = 0) -> int:
    """Return what a fit counts when arrangements are compared: points up to `DOUBLED_UP_TO` twice.

    Each poor fit that one of the two had in an earlier cycle doubles half of the points.
    """
    return (
        points + min(points, DOUBLED_UP_TO) + (points * ((1 << poor_fits) + (1 << other_poor_fits) - 2) >> 1)
    )


def reasons(
    people: Sequence[Person],
    *,
    ties: Mapping[frozenset[int], int] | None = None,
    weights: Weights = Weights(),
) -> tuple[Reason, ...]:
    """Return one to three reasons why these people were grouped, those of most points first.

    `ties` are the past pairings by pair of schools; without them no tie is called a first one.
    """
    found = [
        each for criterion in CRITERIA for each in criterion.reasons(people, getattr(weights, criterion.name))
    ]
    found.sort(key=lambda each: -each[0])  # stable: equals keep the order of the table
    return tuple(reason for _, reason in found[:MOST_REASONS]) or (_school_reason(people, ties),)


def _school_reason(people: Sequence[Person], ties: Mapping[frozenset[int], int] | None) -> Reason:
    pairs = [(a.school_id, b.school_id) for a, b in combinations(people, 2) if a.school_id != b.school_id]
    new = [pair for pair in pairs if ties is not None and not ties.get(frozenset(pair))]
    school_a, school_b = (new or pairs)[0]
    facts = (("school_a", str(school_a)), ("school_b", str(school_b)))
    return Reason(NEW_TIE if new else DIFFERENT_SCHOOLS, facts)


def _overlap(some: Collection[str], others: Collection[str]) -> bool:
    return any(each in others for each in some)


def _named(name: str) -> tuple[str, ...]:
    """Return the name as a set of one; nothing for an empty name, which matches no other."""
    return (name,) if name else ()


def _first(ranked: Sequence[str], *others: Sequence[str]) -> str:
    """Return the first entry that all of the lists have, or an empty text."""
    return next((each for each in ranked if each and all(each in other for other in others)), "")
