"""The people of a level that is too large for exact matching of all pairs, in an order drawn from the seed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import blake2b

from bot.pairing.graph import LOYALTY, MatchingRules
from bot.pairing.quality import Person
from bot.pairing.scores import Values

REPEAT, AGE = 10_000_000, 10_000
"""The penalty of a repeat, and its increase for each cycle it is younger; far less than a place is worth."""


@dataclass(frozen=True, slots=True)
class LargeLevel:
    """The people of one level by place, and the pairs on which more than quality decides."""

    people: tuple[Person, ...]
    values: Values
    special: Mapping[tuple[int, int], int]
    """Pairs of places that were announced or have met, with the bonus or (negative) penalty; no blocked pairs."""

    @classmethod
    def of(cls, people: Iterable[Person], rules: MatchingRules) -> LargeLevel:
        """Order the people: schools as drawn from the seed, and people within a school likewise."""
        draws = {
            each: _draw(rules.seed, each)
            for each in {("school", person.school_id) for person in people}
            | {("person", person.id) for person in people}
        }
        ordered = sorted(
            people,
            key=lambda each: (
                draws["school", each.school_id], each.school_id, draws["person", each.id], each.id,
            ),
        )  # fmt: skip
        place = {person.id: at for at, person in enumerate(ordered)}

        def find_places(pairs: Iterable[frozenset[int]]) -> dict[frozenset[int], tuple[int, int]]:
            known = ((pair, sorted(place[each] for each in pair if each in place)) for pair in pairs)
            return {pair: (at[0], at[1]) for pair, at in known if len(at) == 2}

        values = rules.values(ordered)
        blocked = find_places(rules.blocked)
        special = {
            at: LOYALTY * (pair in rules.announced) - repeat_penalty(rules, pair)
            for pair, at in find_places({*rules.announced, *rules.past.ages}).items()
            if pair not in blocked
        }
        values.set_aside([*blocked.values(), *special])
        return cls(tuple(ordered), values, special)


def _draw(seed: int, of: tuple[str, int]) -> bytes:
    return blake2b(f"{seed}:{of[0]}:{of[1]}".encode(), digest_size=8).digest()


def repeat_penalty(rules: MatchingRules, pair: frozenset[int]) -> int:
    """Return what it costs in a large level that two people meet again; 0 if they have not met."""
    age = rules.past.ages.get(pair, 0)
    return REPEAT + AGE * age if age else 0
