"""One request carries transaction, voice, member and time: no function of the core takes them one by one."""

from __future__ import annotations

import ast
from pathlib import Path

import bot

CORE = Path(bot.__file__).parent
PARTS_OF_A_REQUEST = {"Tx", "Voice", "Member"}


def test_no_function_takes_apart_what_a_request_holds_together() -> None:
    apart = [
        f"{file.relative_to(CORE)}:{function.lineno} {function.name}"
        for file in CORE.rglob("*.py")
        for function in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        if _parameter_types(function) >= PARTS_OF_A_REQUEST
    ]
    assert apart == []


def test_the_count_sees_such_a_function() -> None:
    code = "async def skip(tx: Tx, voice: Voice, member: Member, *, now: datetime) -> Reply: ..."
    [function] = ast.parse(code).body
    assert isinstance(function, ast.AsyncFunctionDef)
    assert _parameter_types(function) >= {*PARTS_OF_A_REQUEST, "datetime"}


def _parameter_types(function: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    parameters = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    return {ast.unparse(each.annotation) for each in parameters if each.annotation is not None}
