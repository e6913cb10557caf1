"""A command that is not for everyone says so in the first line of its use case."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import bot
from bot.model import CommandName
from bot.rules.commands import COMMANDS, Audience, CommandSpec

CORE = Path(bot.__file__).parent
FIRST_LINE = {
    Audience.COORDINATORS: "require_role(request, Role.COORDINATOR)",
    Audience.LEADERS: "require_role(request, Role.PRINCIPAL, Role.COORDINATOR)",
}
RESTRICTED = [each for each in COMMANDS if each.audience is not Audience.EVERYONE]
NOT_BY_A_COMMAND = [("cycles", "start"), ("pairings", "propose"), ("enrolments", "get_inviting_cycle")]
"""Reached by a form, by the pairing engine, and while a channel is looked up."""


@pytest.mark.parametrize("spec", RESTRICTED, ids=lambda spec: spec.name.value)
def test_a_restricted_command_checks_the_role_first(spec: CommandSpec) -> None:
    module, function = dict(_use_cases_by_command())[spec.name]
    assert _first_line(module, function) == FIRST_LINE[spec.audience]


@pytest.mark.parametrize(("module", "function"), NOT_BY_A_COMMAND)
def test_what_a_coordinator_reaches_in_another_way_checks_the_role_first(module: str, function: str) -> None:
    assert _first_line(module, function) == FIRST_LINE[Audience.COORDINATORS]


def _use_cases_by_command() -> Iterator[tuple[CommandName, tuple[str, str]]]:
    tree = ast.parse((CORE / "conversation" / "dispatch.py").read_text("utf-8"))
    for case in (each for each in ast.walk(tree) if isinstance(each, ast.match_case)):
        names = [
            CommandName[each.attr]
            for each in ast.walk(case.pattern)
            if isinstance(each, ast.Attribute) and ast.unparse(each.value) == "CommandName"
        ]
        calls = [
            each.func
            for each in ast.walk(ast.Module(case.body, []))
            if isinstance(each, ast.Call) and [*map(ast.unparse, each.args[:1])] == ["request"]
        ]
        for call in calls[:1]:
            if isinstance(call, ast.Attribute):
                for name in names:
                    yield name, (ast.unparse(call.value), call.attr)


def _first_line(module: str, function: str) -> str:
    tree = ast.parse((CORE / "use_cases" / f"{module}.py").read_text("utf-8"))
    [found] = [each for each in tree.body if isinstance(each, ast.AsyncFunctionDef) and each.name == function]
    return ast.unparse(found.body[1])
