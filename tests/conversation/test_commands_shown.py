"""Where commands are offered, each person sees the same ones in the same order: help, menus, buttons, suggestions."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from adapters.slack import manifest as slack
from adapters.teams import package as teams
from bot.conversation import commands
from bot.events import Command, Opened
from bot.message import Buttons, Message, Text
from bot.model import Member, Post, Role
from bot.prompts import Prompts, Voice
from bot.rules.commands import COMMANDS, Audience, listed_for
from bot.say.commands import help_for, suggestion
from bot.say.home import home
from tests.support.places import PROMPTS

EVERYONE, LEADERS, COORDINATORS = Audience.EVERYONE, Audience.LEADERS, Audience.COORDINATORS


@pytest.fixture(scope="module")
def voice() -> Voice:
    return Prompts.load(PROMPTS).voice("en")


def member(*roles: Role) -> Member:
    return Member(
        id=1, partnership_id=1, source_id="a", given_name="Ann", family_name="Ash",
        posts=tuple(Post(school_id=1, role=role) for role in roles),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("roles", "audiences"),
    [
        ((Role.TEACHER,), {EVERYONE}),
        ((Role.PRINCIPAL,), {EVERYONE, LEADERS}),
        ((Role.COORDINATOR,), {EVERYONE, LEADERS, COORDINATORS}),
        ((Role.TEACHER, Role.COORDINATOR), {EVERYONE, LEADERS, COORDINATORS}),
        ((Role.PRINCIPAL, Role.COORDINATOR), {EVERYONE, LEADERS, COORDINATORS}),
    ],
)
def test_help_lists_the_commands_of_each_role_in_the_order_of_the_table(
    voice: Voice, roles: tuple[Role, ...], audiences: set[Audience]
) -> None:
    lead, lines, foot, *files = help_for(voice, listed_for(member(*roles))).elements
    listed = [spec.name for spec in COMMANDS if spec.audience in audiences and spec.is_listed]

    assert lead == Text(voice.markdown("help.lead"))
    assert lines == Text("\n".join(f"- {voice.markdown(f'help.{each}')}" for each in listed))
    assert foot == Text(voice.markdown("help.foot"), small=True)
    may_send = Text(voice.markdown("sent-file.what-i-read"), small=True)
    assert files == ([may_send] if COORDINATORS in audiences else [])


def test_help_greets_who_has_just_arrived(voice: Voice) -> None:
    lead, *_ = help_for(voice, listed_for(member(Role.TEACHER)), greeting="Ann").elements

    assert lead == Text(voice.markdown("help.hello", name="Ann"))


def test_slack_hints_at_some_commands(voice: Voice) -> None:
    [command] = slack.manifest(voice, "https://jpd.example.org")["features"]["slash_commands"]

    assert command["usage_hint"] == "status, tell, pause until 12 May, help …"


def test_teams_lists_the_same_commands_and_starters(voice: Voice) -> None:
    personal, shared = teams.manifest({"en": voice}, "id", "https://jpd.example.org")["bots"][0][
        "commandLists"
    ]

    def starter(name: str) -> dict[str, Any]:
        return {**plain(name), "title": voice.text(f"starter.{name}"), "type": "prompt", "prompt": name}

    def plain(name: str) -> dict[str, Any]:
        return {"title": name, "description": voice.text(f"describe.{name}")}

    assert personal == {
        "scopes": ["personal"],
        "triggers": ["mention", "slash"],
        "commands": [
            *map(starter, ("status", "profile", "help")),
            *map(
                plain, ("tell", "pause", "join", "language", "my data", "concern", "leave", "digest", "start")
            ),
        ],
    }
    assert shared == {"scopes": ["team", "groupChat"], "commands": [plain("help")]}


@pytest.mark.parametrize(
    ("paused_until", "pause"),
    [(None, Opened("pause")), (date(2026, 12, 1), Command("resume"))],
    ids=["pause", "resume"],
)
def test_home_offers_the_same_settings(
    voice: Voice, paused_until: date | None, pause: Opened | Command
) -> None:
    page = home(voice, replace(member(Role.TEACHER), paused_until=paused_until), Message("place"), [])
    [settings] = [each for each in page.elements if isinstance(each, Buttons)]

    key = "button.resume" if paused_until else "button.pause"
    assert [(each.label, each.does, each.primary) for each in settings.items] == [
        (voice.text("button.profile"), Opened("profile"), False),
        (voice.text("button.times"), Opened("times"), False),
        (voice.text(key), pause, False),
        (voice.text("button.help"), Command("help"), False),
    ]


@pytest.mark.parametrize(
    ("typed", "role", "meant"),
    [
        ("statsu", Role.TEACHER, "status"),
        ("hlep", Role.TEACHER, "help"),
        ("stpo", Role.TEACHER, "stop"),
        ("forgett", Role.TEACHER, "forget me"),
        ("pairss", Role.TEACHER, "pairs"),
        ("confrim", Role.TEACHER, None),
        ("confrim", Role.COORDINATOR, "confirm"),
        ("digets", Role.TEACHER, None),
        ("digets", Role.PRINCIPAL, "digest"),
        ("skipp", Role.TEACHER, None),
        ("xyzzy", Role.COORDINATOR, None),
    ],
)
def test_a_slip_is_answered_with_the_same_suggestion(
    voice: Voice, typed: str, role: Role, meant: str | None
) -> None:
    nearest = commands.nearest(typed, member(role))
    message = suggestion(voice, typed, nearest)
    [buttons] = [each for each in message.elements if isinstance(each, Buttons)]
    [button] = buttons.items

    assert nearest == meant
    assert button.does == Command(meant or "help")
    assert button.label == voice.text("button.yes-command", command=meant or "") if meant else "Help"
