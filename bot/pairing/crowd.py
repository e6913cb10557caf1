"""People of one level too many to look at all of it at once, in an order of places drawn by lot."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import blake2b

from bot.pairing.graph import LOYALTY, MatchingRules
from bot.pairing.quality import Person
from bot.pairing.scores import Values

REPEAT, AGE = 10_000_000, 10_000
"""What a repeat costs in a crowd, and how much more for each cycle it is younger; far less than a place is worth."""


@dataclass(frozen=True, slots=True)
class Crowd:
    """People of one level as an order of places, drawn by lot; what is special between some of them."""

    people: tuple[Person, ...]
    values: Values
    special: Mapping[tuple[int, int], int]

    @classmethod
    def of(cls, people: Iterable[Person], rules: MatchingRules) -> Crowd:
        """Equals go by their place, so the lot that draws the places decides between them."""
        lots = {
            each: _lot(rules.seed, each)
            for each in {("school", person.school_id) for person in people}
            | {("person", person.id) for person in people}
        }
        ordered = sorted(
            people,
            key=lambda each: (
                lots["school", each.school_id], each.school_id, lots["person", each.id], each.id,
            ),
        )  # fmt: skip
        place = {person.id: at for at, person in enumerate(ordered)}

        def places(pairs: Iterable[frozenset[int]]) -> dict[frozenset[int], tuple[int, int]]:
            known = ((pair, sorted(place[each] for each in pair if each in place)) for pair in pairs)
            return {pair: (at[0], at[1]) for pair, at in known if len(at) == 2}

        values = rules.values(ordered)
        blocked = places(rules.blocked)
        special = {
            at: LOYALTY * (pair in rules.announced) - price_of(rules, pair)
            for pair, at in places({*rules.announced, *rules.past.ages}).items()
            if pair not in blocked
        }
        values.set_aside([*blocked.values(), *special])
        return cls(tuple(ordered), values, special)


def _lot(seed: int, of: tuple[str, int]) -> bytes:
    return blake2b(f"{seed}:{of[0]}:{of[1]}".encode(), digest_size=8).digest()


def price_of(rules: MatchingRules, pair: frozenset[int]) -> int:
    """What it costs in a crowd that two sit together once more."""
    age = rules.past.ages.get(pair, 0)
    return REPEAT + AGE * age if age else 0
