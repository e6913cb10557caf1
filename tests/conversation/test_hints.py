"""Every command that stands in a sentence of the bot's is read as that command when somebody types it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from bot.conversation import commands
from bot.model import Member, Post, Role
from bot.rules.commands import KnownNames
from tests.support.places import PROMPTS

COORDINATOR = Member(
    id=1, partnership_id=1, source_id="s", given_name="Siân", family_name="Morgan",
    posts=(Post(Role.COORDINATOR, 1),),
)  # fmt: skip
NAMES = KnownNames(partners=("cat", "cat cox"), languages=("english", "en"), is_asked=False)
FOR_OPERATORS = {"operators.en.md", "check.en.md", "play.en.md", "pair-files.en.md", "roster.en.md"}
TYPED = re.compile(r"(?<![*\w])\*{1,2}([A-Za-z][^*\n]*)\*{1,2}(?![*\w])")
FACT = re.compile(r"\{\w+\}")
FACTS = {"{partner}": "Cat", "{school}": "Hillcrest", "{number}": "12"}


def hints() -> Iterator[str]:
    for file in sorted((PROMPTS / "bot").glob("*.en.md")):
        if file.name in FOR_OPERATORS:
            continue
        for hint in TYPED.findall(file.read_text("utf-8")):
            typed = FACT.sub(lambda fact: FACTS.get(fact[0], fact[0]), hint)
            if "{" not in typed and typed[:1].islower() and commands.parse(typed).name is not None:
                yield typed


WITH_NAMES = {"school add", "block", "nudge", "swap"}
"""Their sentences say what stands after them."""
HINTS = sorted(set(hints()) - WITH_NAMES)


def test_there_are_hints() -> None:
    assert {"help", "tell see you on Tuesday", "forget me", "pause until 12 May"} <= set(HINTS)


@pytest.mark.parametrize("hint", HINTS)
def test_a_hint_is_read_as_the_command_that_it_names(hint: str) -> None:
    assert commands.is_command(hint, COORDINATOR, NAMES)
