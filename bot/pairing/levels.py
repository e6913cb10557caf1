"""Everybody of one level: exactly where they are few, else near enough to a bound that holds for all pairs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations, pairwise
from typing import NamedTuple

from bot.pairing.column_generation import Done, priced, settle
from bot.pairing.crowd import REPEAT, Crowd, price_of
from bot.pairing.duals import Worths
from bot.pairing.graph import LOYALTY, Links, MatchingRules
from bot.pairing.groups import Seats, pairs_and_threes
from bot.pairing.insertion import join, seat_threes
from bot.pairing.quality import Person
from bot.pairing.trios import trios

EXACT = 300
"""Up to so many people of a level all pairs are matched exactly: nothing has to be proven."""

LARGE, EXACT_IN_LARGE = 600, 100
"""Of more people than this in all, levels only up to this size are: a large one may not wait for several of them."""

MENDED, AROUND = 10, 10
"""For so many of those who are left over we look for a place once more, among so many groups around them."""

IN_ORDER = ("quality", "age", "repeat", "mixed", "three", "cover")


class Placed(NamedTuple):
    """Groups, and what they are worth: hundredths of a point, as counted."""

    groups: list[Seats]
    value: int
    short: int
    """How much better any others could be at most that place as many and repeat as few."""


def exact_among(everybody: int) -> int:
    """Up to what size levels are matched exactly."""
    return EXACT if everybody <= LARGE else EXACT_IN_LARGE


def place(
    people: Sequence[Person],
    size: int,
    rules: MatchingRules,
    done: Done = lambda _: None,
    *,
    exact: int = EXACT,
) -> Placed:
    """The best groups of people of one level; beyond `exact` of them, near enough to what is proven."""
    links = Links(people, IN_ORDER, rules)
    if len(people) <= exact:
        return _place_few(links, size)
    crowd = Crowd.of(people, rules)
    settled = settle(crowd.values, crowd.special, done)
    groups = _mended(links, join(links, crowd, settled.mate))
    threes = seat_threes(links, crowd, settled, groups) if size == 3 else None
    return _proven(links, threes or groups, settled.prices, all_links=threes is not None)


def _mended(links: Links, groups: list[Seats]) -> list[Seats]:
    """If somebody is left who need not be, the few around them sit down anew, exactly."""
    largest = max(links.schools.values())
    needless = len(links.people) - sum(map(len, groups)) - max(0, 3 * largest - 2 * len(links.people))
    if needless <= 0:
        return groups
    left = sorted(links.people.keys() - {each for group in groups for each in group})
    for each in left[:MENDED]:
        alone = [other for other in left if other == each or links.school(other) == links.school(each)]
        near = sorted(groups, key=lambda group: not any(links.may_pair(each, other) for other in group))
        around = {*alone[:4], each, *(other for group in near[:AROUND] for other in group)}
        few = Links((links.people[other] for other in around), IN_ORDER, links.rules)
        anew = pairs_and_threes(few).groups
        before = [group for group in groups if around.issuperset(group)]
        if sum(map(len, anew)) > sum(map(len, before)):
            return _mended(links, [*(group for group in groups if group not in before), *anew])
    return groups


def _place_few(links: Links, size: int) -> Placed:
    found = pairs_and_threes(links)
    threes = trios(links, found.groups) if size == 3 else None
    if not threes and not found.short:
        return Placed(found.groups, sum(_points(links, group, False) for group in found.groups), 0)
    crowd = Crowd.of(links.people.values(), links.rules)
    _, prices, _ = priced(crowd.values, crowd.special)
    if threes:
        return _proven(links, threes, prices, all_links=True)
    proven = _proven(links, found.groups, prices, all_links=False)
    return proven._replace(short=min(found.short, proven.short))


def _proven(links: Links, groups: list[Seats], prices: Worths, *, all_links: bool) -> Placed:
    """What the groups are worth, beside what their prices say is the most.

    Two are worth half the sum of their prices at most. So a three counts the price of each once and of the one in
    the middle twice, or of each twice where all its links count; and nobody counts who is alone.
    """
    dear = sorted(prices.tolist())
    alone = len(dear) - sum(map(len, groups))
    threes = sum(len(group) == 3 for group in groups)
    if all_links:
        in_pairs = 2 * (len(groups) - threes)
        most = 2 * sum(dear[alone:]) - sum(dear[alone : alone + in_pairs])
    else:
        most = sum(dear[alone:]) + (sum(dear[-threes:]) if threes else 0)
    value = sum(_points(links, group, all_links) for group in groups)
    special = sum(_special(links, group, all_links) for group in groups)
    short = max(0, most // 2 - value - special)
    if short < REPEAT or not links.rules.past.ages:
        return Placed(groups, value, short)
    # With repeats that half and half would avoid, the bound says nothing. One in which they cost nothing does.
    free = replace(links.rules, past=replace(links.rules.past, ages={}))
    crowd = Crowd.of(links.people.values(), free)
    _, prices, _ = priced(crowd.values, crowd.special)
    proven = _proven(Links(links.people.values(), IN_ORDER, free), groups, prices, all_links=all_links)
    return Placed(groups, value, min(short, proven.short))


def _points(links: Links, group: Seats, all_links: bool) -> int:
    """What those who sit side by side are worth to each other."""
    return sum(links.points(a, b) for a, b in _counted(group, all_links))


def _counted(group: Seats, all_links: bool) -> list[tuple[int, int]]:
    return list(combinations(group, 2)) if all_links else list(pairwise(group))


def _special(links: Links, group: Seats, all_links: bool) -> int:
    """What counts besides: loyalty to what was announced, less the price of every repeat."""
    pairs = [frozenset(pair) for pair in combinations(group, 2)]
    counted = [frozenset(pair) for pair in _counted(group, all_links)]
    return LOYALTY * sum(pair in links.rules.announced for pair in counted) - sum(
        price_of(links.rules, pair) for pair in pairs
    )
