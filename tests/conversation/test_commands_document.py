"""`docs/commands.md` says what the table of commands says."""

import re
from collections.abc import Iterable

from bot.prompts import Prompts
from bot.rules.commands import COMMANDS, Audience, CommandSpec
from tests.support.places import PROMPTS, ROOT

VOICE = Prompts.load(PROMPTS).voice("en")
DOCUMENT = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")


def table(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [header, tuple("---" for _ in header), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines) + "\n"


def listed(spec: CommandSpec) -> tuple[str, ...]:
    """How it is typed, by which other words, by whom, and what it does."""
    typed = VOICE.markdown(f"help.{spec.name}").partition(": ")[0]
    what_it_does = VOICE.text(f"help.{spec.name}").partition(": ")[2]
    return typed, also(spec), spec.audience.name.lower(), what_it_does


def also(spec: CommandSpec) -> str:
    return ", ".join(f"`{alias}`" for alias in spec.aliases) or "–"


def test_it_has_every_command_that_help_lists() -> None:
    expected = table(
        ("Typed", "Also", "Who", "What it does"), [listed(spec) for spec in COMMANDS if spec.is_listed]
    )

    assert expected in DOCUMENT, f"docs/commands.md should hold:\n{expected}"


def test_it_has_every_other_command() -> None:
    expected = table(
        ("Command", "Also", "Who"),
        [
            (f"`{spec.name}`", also(spec), spec.audience.name.lower())
            for spec in COMMANDS
            if not spec.is_listed
        ],
    )

    assert expected in DOCUMENT, f"docs/commands.md should hold:\n{expected}"


def test_the_readme_names_every_command_beside_those_who_may_use_it() -> None:
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    for audience, start in (
        (Audience.EVERYONE, "| Teachers |"),
        (Audience.COORDINATORS, "| Coordinators |"),
        (Audience.LEADERS, "| Principals |"),
    ):
        [line] = [each for each in lines if each.startswith(start)]
        named = {each.split()[0] for each in re.findall("`([^`]+)`", line)}
        listed = [spec.name for spec in COMMANDS if spec.audience is audience and spec.is_listed]
        lacking = [name for name in listed if name.split()[0] not in named]
        assert not lacking, f"README.md, “{start}”: {lacking}"
