"""The best pairs, with threes where somebody would be left out else."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from heapq import heappop, heappush
from itertools import pairwise
from typing import NamedTuple

from bot.pairing.graph import Links, Pair, Worth, match

Seats = tuple[int, ...]
"""Two, or three with the one in the middle who is linked to both: the first two always differ in school."""

# Everybody gets two chairs, and the second costs. One matching of chairs then gives pairs, and threes as one
# person on two chairs between two others. Only the outer two it cannot see: whether they are blocked, of one
# school, never free when the others are, or have met. So it bounds the best answer from above, and where the outer
# two cost something we branch: one of the three's links is not used at all, or this three is accepted as it is.


class Branch(NamedTuple):
    """A part of the search, and the best in it as far as the matching sees."""

    minus_bound: int
    """Negative, because a heap gives the least first."""
    groups: tuple[Seats, ...]
    accepted: frozenset[Seats]
    unused: frozenset[Pair]


class Found(NamedTuple):
    """Groups, and how much better in quality (hundredths, as counted) any others could be at most."""

    groups: list[Seats]
    short: int


def pairs_and_threes(links: Links) -> Found:
    """Exact; with odd heads above some thirty, the best of as many branches as keep it within seconds."""
    if len(links.people) % 2 == 0:
        both = 2 * links.units.cover
        pairs = match({((a,), (b,)): both + worth for (a, b), worth in links.pairs.items()})
        if 2 * len(pairs) == len(links.people):
            return Found([(a, b) for (a,), (b,) in pairs], 0)
    best: tuple[Seats, ...] = ()
    best_value, seen = -1, set()
    queue = [_branch(links, frozenset(), frozenset())]
    for _ in range(max(8, 200_000 // len(links.people) ** 2)):
        if not queue or -queue[0].minus_bound <= best_value:
            break
        branch = heappop(queue)
        groups = tuple(_bearable(links, group) for group in branch.groups)
        if (value := sum(_value(links, group) for group in groups)) > best_value:
            best, best_value = groups, value
        if value == -branch.minus_bound:
            break
        for accepted, unused in _narrower(links, branch):
            if (accepted, unused) not in seen:
                seen.add((accepted, unused))
                heappush(queue, _branch(links, accepted, unused))
    left = max((-branch.minus_bound for branch in queue), default=best_value)
    return Found(list(best), max(0, left - best_value) // links.units.quality)


def _branch(links: Links, accepted: frozenset[Seats], unused: frozenset[Pair]) -> Branch:
    """The best that is left when these threes are accepted and these links not used."""
    cover, three = links.units.cover, links.units.three
    taken = {each for group in accepted for each in group}
    chairs: Worth = {}
    for (a, b), worth in links.pairs.items():
        if (a, b) not in unused and a not in taken and b not in taken:
            chairs[(a, 1), (b, 1)] = worth + 2 * cover
            chairs[(a, 1), (b, 2)] = chairs[(a, 2), (b, 1)] = worth + cover - three
    beside: dict[int, list[int]] = defaultdict(list)
    bound = sum(_value(links, group) for group in accepted)
    for edge in match(chairs):
        (a, _), (b, _) = edge
        bound += chairs[edge]
        beside[a].append(b)
        beside[b].append(a)
    threes = [(min(outer), each, max(outer)) for each, outer in beside.items() if len(outer) == 2]
    seated = {each for group in threes for each in group}
    pairs = [(a, b) for a, (b, *_) in beside.items() if a < b and a not in seated]
    groups = (*sorted(accepted), *sorted(threes), *sorted(pairs))
    bound -= links.units.mixed * max(0, _unavoidably_mixed(links, groups) - _mixed(links, accepted))
    return Branch(-bound, groups, accepted, unused)


def _narrower(links: Links, branch: Branch) -> Iterator[tuple[frozenset[Seats], frozenset[Pair]]]:
    """What to accept and what not to use, so that the dearest three of a branch is decided on."""
    threes = [group for group in branch.groups if len(group) == 3 and group not in branch.accepted]
    if threes:
        left, middle, right = dearest = max(threes, key=lambda three: _price(links, three))
        yield branch.accepted, branch.unused | {(min(left, middle), max(left, middle))}
        yield branch.accepted, branch.unused | {(min(middle, right), max(middle, right))}
        if links.may_sit(dearest):
            yield branch.accepted | {dearest}, branch.unused


def _value(links: Links, group: Seats) -> int:
    """A three counts its two links and, as a price, its outer two."""
    linked = sum(links.worth(a, b) for a, b in pairwise(group))
    third = links.units.three + _price(links, group) if len(group) == 3 else 0
    return len(group) * links.units.cover + linked - third


def _price(links: Links, three: Seats) -> int:
    left, _, right = three
    return links.price(left, right) if links.may_sit(three) else links.units.cover


def _bearable(links: Links, group: Seats) -> Seats:
    """The group, or its first two where three may not sit together: the outer two are blocked, say."""
    return group[:2] if len(group) == 3 and not links.may_sit(group) else group


def _mixed(links: Links, threes: Iterable[Seats]) -> int:
    return sum(links.school(left) == links.school(right) for left, _, right in threes)


def _unavoidably_mixed(links: Links, groups: Sequence[Seats]) -> int:
    """In how many threes the largest school sits twice at least, when as many are placed as here."""
    left_out = len(links.people) - sum(map(len, groups))
    largest = max(links.schools.values())
    return (largest - left_out) - (len(links.people) - largest)
