"""The table of commands: who may use each one, where it is offered, and when plain text in the chat means it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import date
from enum import Enum, auto
from typing import TypeAlias

from bot.model import CommandName, FormName, Member, Role
from bot.rules.dates import read_day


class Audience(Enum):
    """The members who may use a command."""

    EVERYONE = auto()
    LEADERS = auto()
    """Coordinators and principals."""
    COORDINATORS = auto()


@dataclass(frozen=True, slots=True)
class KnownNames:
    """Casefolded names that make plain text a command: partners after `tell`, languages after `language`."""

    partners: Collection[str] = ()
    languages: Collection[str] = ()
    is_asked: bool = True
    """A question is open, so that plain text after `tell` may be an answer to it."""


Rule: TypeAlias = Callable[[str, KnownNames], bool]
"""Says, from the casefolded text after a command, whether a line without a slash is that command and no answer."""


def _never(_argument: str, _names: KnownNames) -> bool:
    return False


def _alone(argument: str, _names: KnownNames) -> bool:
    return not argument


def _alone_or_yes(argument: str, _names: KnownNames) -> bool:
    return argument in ("", "yes")


_ANY_DAY = date(2026, 1, 1)
"""A day from which one can see whether a text names a day at all."""


def _alone_or_day(argument: str, _names: KnownNames) -> bool:
    """Say so of a readable day only: "Pause for thirty seconds after every question" is an answer."""
    is_until = argument.split(maxsplit=1)[:1] in (["until"], ["till"], ["for"])
    return not argument or (is_until and read_day(argument, _ANY_DAY) is not None)


def _alone_or_language(argument: str, names: KnownNames) -> bool:
    return not argument or argument in names.languages


def _alone_or_channel(argument: str, _names: KnownNames) -> bool:
    return not argument or (argument.startswith("#") and len(argument.split()) == 1)


def _to_a_partner(argument: str, names: KnownNames) -> bool:
    if not argument:
        return True
    if names.partners and not names.is_asked and argument.split(maxsplit=1)[0] not in ("me", "us"):
        return True  # there is nothing to mix it up with
    called = (f"{name}{end}" for name in names.partners for end in (" ", ","))
    return argument.startswith(("my partner ", "partner ", *called))


def _two_people(argument: str, _names: KnownNames) -> bool:
    return " and " in argument and len(argument.split()) <= 7


_NO_NAME = {
    "a",
    "an",
    "the",
    "that",
    "my",
    "me",
    "some",
    "one",
    "two",
    "more",
    "another",
    "new",
    "please",
    "pls",
}
"""Words that a person's full name does not hold: "add a teacher please" is a sentence."""


def _alone_or_full_name(argument: str, _names: KnownNames) -> bool:
    words = argument.removesuffix(" yes").split()
    return not words or (2 <= len(words) <= 3 and _NO_NAME.isdisjoint(words))


def _alone_or_words(argument: str, _names: KnownNames) -> bool:
    return not argument or len(argument.split()) >= 3


def _alone_or_date(argument: str, _names: KnownNames) -> bool:
    return not argument or (any(sign.isdigit() for sign in argument) and len(argument.split()) <= 4)


def _a_number(argument: str, _names: KnownNames) -> bool:
    return argument.isdecimal()


def _a_new_school(argument: str, _names: KnownNames) -> bool:
    return argument.startswith("add ")


@dataclass(frozen=True, slots=True)
class CommandSpec:
    """One row of the table of commands."""

    name: CommandName
    audience: Audience = Audience.EVERYONE
    aliases: tuple[str, ...] = ()
    is_listed: bool = True
    """Shown in `help`; the others are on buttons, or named in the help of another command."""
    without_slash: Rule = _alone
    is_hinted: bool = False
    """Named in the hint that Slack shows beside `/jpd`."""
    is_starter: bool = False
    """Offered in an empty Teams chat, as a sentence."""
    menu: int | None = None
    """Place in Teams' list of commands, which shows at most twelve: starters first."""
    home: int | None = None
    """Place among the buttons of a member's own page."""
    forms: tuple[FormName, ...] = ()
    """The forms that those buttons open; with none, a button runs the command."""


_ALL, _LEADERS, _COORDINATORS = Audience.EVERYONE, Audience.LEADERS, Audience.COORDINATORS

COMMANDS: tuple[CommandSpec, ...] = (
    CommandSpec(CommandName.START, _COORDINATORS, menu=12),
    CommandSpec(CommandName.PREVIEW, _COORDINATORS),
    CommandSpec(CommandName.CONFIRM, _COORDINATORS),
    CommandSpec(CommandName.PAIRS, _COORDINATORS, ("pairings",)),
    CommandSpec(CommandName.SWAP, _COORDINATORS, without_slash=_two_people),
    CommandSpec(CommandName.BLOCK, _COORDINATORS, without_slash=_two_people),
    CommandSpec(CommandName.NUDGE, _COORDINATORS, without_slash=_a_number),
    CommandSpec(CommandName.ADD, _COORDINATORS, without_slash=_alone_or_full_name),
    CommandSpec(CommandName.REMOVE, _COORDINATORS, without_slash=_alone_or_full_name),
    CommandSpec(CommandName.GOAL, _COORDINATORS, without_slash=_alone_or_words),
    CommandSpec(CommandName.FIRST_DAY, _COORDINATORS, without_slash=_alone_or_date),
    CommandSpec(CommandName.HOLD, _COORDINATORS),
    CommandSpec(CommandName.CLOSE, _COORDINATORS, without_slash=_alone_or_yes),
    CommandSpec(CommandName.LEDGER, _COORDINATORS),
    CommandSpec(CommandName.SCHOOL, _COORDINATORS, without_slash=_a_new_school),
    CommandSpec(CommandName.DIGEST, _LEADERS, menu=11),
    CommandSpec(CommandName.STATUS, is_hinted=True, is_starter=True, menu=1),
    CommandSpec(CommandName.JOIN, menu=6),
    CommandSpec(
        CommandName.PROFILE, is_starter=True, menu=2, home=1, forms=(FormName.PROFILE, FormName.TIMES)
    ),
    CommandSpec(CommandName.TELL, without_slash=_to_a_partner, is_hinted=True, menu=4),
    CommandSpec(
        CommandName.PAUSE,
        without_slash=_alone_or_day,
        is_hinted=True,
        menu=5,
        home=2,
        forms=(FormName.PAUSE,),
    ),
    CommandSpec(CommandName.STOP),
    CommandSpec(CommandName.LEAVE, without_slash=_alone_or_yes, menu=10),
    CommandSpec(CommandName.LANGUAGE, without_slash=_alone_or_language, menu=7),
    CommandSpec(CommandName.MY_DATA, aliases=("mydata", "data"), menu=8),
    CommandSpec(CommandName.CONCERN, aliases=("safeguarding",), menu=9),
    CommandSpec(CommandName.HELP, aliases=("?",), is_hinted=True, is_starter=True, menu=3, home=4),
    CommandSpec(CommandName.FORGET_ME, aliases=("forget",), is_listed=False, without_slash=_alone_or_yes),
    CommandSpec(CommandName.RESUME, is_listed=False, home=3),
    CommandSpec(CommandName.INVITE, _COORDINATORS, is_listed=False, without_slash=_alone_or_channel),
    CommandSpec(CommandName.GO_ON, _COORDINATORS, is_listed=False),
    *(
        CommandSpec(name, is_listed=False, without_slash=_never)
        for name in (
            CommandName.ACCEPT,
            CommandName.DECLINE,
            CommandName.SKIP,
            CommandName.UNDO,
            CommandName.LATER,
            CommandName.TAKE_BACK,
            CommandName.SEND,
            CommandName.PUT,
            CommandName.TO_PARTNER,
            CommandName.NEITHER,
            CommandName.NOT_MEANT,
            CommandName.SEND_NOTE,
            CommandName.TAKE_BACK_NOTE,
            CommandName.TOGETHER,
            CommandName.ANOTHER,
            CommandName.MEANT,
            CommandName.NOT_ME,
            CommandName.REQUEST,
            CommandName.REMIND_PARTNER,
            CommandName.SAME_PERSON,
            CommandName.ANOTHER_PERSON,
            CommandName.LET_IN,
            CommandName.KEEP_OUT,
            CommandName.USE_FILE,
            CommandName.LEAVE_FILE,
            CommandName.READ_FILE,
        )
    ),
)
"""Every command, in the order in which `help` lists them."""

SPECS = {spec.name: spec for spec in COMMANDS}
ALIASES = {alias: spec.name for spec in COMMANDS for alias in spec.aliases}
HINTED = tuple(spec.name for spec in COMMANDS if spec.is_hinted)
MENU = tuple(sorted((each for each in COMMANDS if each.menu is not None), key=lambda each: each.menu or 0))
HOME = tuple(sorted((each for each in COMMANDS if each.home is not None), key=lambda each: each.home or 0))


def _text_keys(spec: CommandSpec) -> Iterator[str]:
    if spec.is_listed:
        yield f"help.{spec.name}"
    if spec.menu is not None:
        yield f"describe.{spec.name}"
    if spec.is_starter:
        yield f"starter.{spec.name}"
    if spec.home is not None:
        yield from (f"button.{name}" for name in spec.forms or (spec.name,))


TEXT_KEYS = frozenset(key for spec in COMMANDS for key in _text_keys(spec))
"""The keys of the texts that the table needs; `jpd prompts check` names each missing one."""


def is_open_to(member: Member, spec: CommandSpec) -> bool:
    """Return whether this member may use the command."""
    match spec.audience:
        case Audience.EVERYONE:
            return True
        case Audience.LEADERS:
            return member.has(Role.PRINCIPAL) or member.has(Role.COORDINATOR)
        case Audience.COORDINATORS:
            return member.has(Role.COORDINATOR)


def listed_for(member: Member) -> tuple[CommandName, ...]:
    """Return the commands that `help` lists for this member, in its order."""
    return tuple(spec.name for spec in COMMANDS if spec.is_listed and is_open_to(member, spec))
