"""Generated partnerships: schools of skewed sizes, levels, profiles and some past cycles."""

from __future__ import annotations

from random import Random

from bot.model import Profile
from bot.pairing import Person

PRACTICES = tuple(f"practice-{number}" for number in range(12))
SUBJECTS = tuple(f"subject-{number}" for number in range(14))
SLOTS = tuple(f"{day} {hour}" for day in ("Mon", "Tue", "Wed", "Thu", "Fri") for hour in range(8, 13))
LEVELS = ("teacher",) * 14 + ("middle leader",) * 4 + ("senior leader",) * 1 + ("principal",) * 1


def crowd(heads: int, seed: int = 0, *, levels: tuple[str, ...] = LEVELS) -> list[Person]:
    """Return that many people, with one school for every 25; school sizes differ by a factor of about eight."""
    random = Random(seed)
    schools = max(heads // 25, 4)
    weights = [random.lognormvariate(0, 0.6) for _ in range(schools)]
    homes = sorted(random.choices(range(1, schools + 1), weights, k=heads))
    return [_person(at, school, random, levels) for at, school in enumerate(homes, start=1)]


def _person(number: int, school: int, random: Random, levels: tuple[str, ...]) -> Person:
    return Person(
        id=number,
        school_id=school,
        level=random.choice(levels),
        time_zone="",
        languages=("en", *random.sample(("cy", "mi", "fr"), random.choice((0, 0, 1)))),
        platform=random.choice(("slack", "teams")),
        focus=tuple(random.sample(PRACTICES, random.randint(1, 3))),
        experience=random.randint(0, 35),
        profile=Profile(
            subjects=tuple(random.sample(SUBJECTS, random.randint(1, 2))),
            phase=random.choice(("primary", "secondary", "post-16")),
            offers=tuple(random.sample(PRACTICES, random.randint(1, 3))),
            needs=tuple(random.sample(PRACTICES, random.randint(1, 3))),
            slots=tuple(random.sample(SLOTS, random.randint(3, 8))),
        ),
    )
