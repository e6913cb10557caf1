"""Reading a typed line as a command: the same on every platform, with or without a slash, in any case."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches

from bot.model import CommandName, Member
from bot.rules.commands import ALIASES, COMMANDS, SPECS, KnownNames, is_open_to, listed_for
from bot.rules.spelling import folded, without_unseen

_BY_WORD = {**ALIASES, **{spec.name.value: spec.name for spec in COMMANDS}}
_TWO_WORDS = tuple(spec.name for spec in COMMANDS if " " in spec.name)


@dataclass(frozen=True, slots=True)
class ParsedCommand:
    """A line, read as a command and the text after it."""

    word: str
    """The casefolded first word, or the two of a command like `my data`."""
    name: CommandName | None
    """None for a word that is no command."""
    argument: str


def parse(line: str) -> ParsedCommand:
    """Return the command in a line and its argument: `/jpd My  data` is MY_DATA, an empty line is HELP."""
    parts = line.strip().removeprefix("/").split(maxsplit=1)
    if parts and parts[0].casefold() == "jpd":
        parts = parts[1].removeprefix("/").split(maxsplit=1) if len(parts) > 1 else []
    if not parts:
        return ParsedCommand("", CommandName.HELP, "")
    first, rest = parts[0].casefold(), parts[1].strip() if len(parts) > 1 else ""
    for name in _TWO_WORDS:
        head, tail = name.split()
        if first == head and rest.casefold().split(maxsplit=1)[:1] == [tail]:
            return ParsedCommand(name, name, rest[len(tail) :].strip())
        if folded(first) == name:  # `my-data`, whatever became of the hyphen
            return ParsedCommand(name, name, rest)
    return ParsedCommand(first, _BY_WORD.get(first) or _BY_WORD.get(_without_signs(first)), rest)


def _without_signs(word: str) -> str:
    """Return a word without signs around it, and without those that nobody sees: `“help”.` is `help`."""
    return re.sub(r"^\W+|\W+$", "", without_unseen(word)).strip("_")


def is_command(line: str, member: Member, names: KnownNames) -> bool:
    """Return whether a line typed in the chat is a command and can be no answer to a question.

    A command that this member may not use is an answer, unless it begins with a slash or `jpd`.
    """
    if "\n" in line.strip() or not line.strip():
        return False
    if line.lstrip().startswith("/") or line.casefold().split()[0] == "jpd":
        return True
    parsed = parse(line)
    if parsed.name is None or parsed.word not in _BY_WORD:  # "Stop!" is read as a sentence
        return False
    spec = SPECS[parsed.name]
    return is_open_to(member, spec) and spec.without_slash(parsed.argument.casefold(), names)


def nearest(word: str, member: Member) -> CommandName | None:
    """Return the command that a mistyped word probably means, among those that `help` lists for this member."""
    close = get_close_matches(word.casefold(), [*listed_for(member), *ALIASES], n=1, cutoff=0.6)
    return _BY_WORD[close[0]] if close else None
