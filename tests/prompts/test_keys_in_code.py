import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from bot.prompts import Prompts
from bot.prompts.content import Sentence, read_texts
from bot.prompts.flaws import Flaws
from bot.prompts.markdown import words_in
from bot.rules.commands import TEXT_KEYS
from tests.support.places import ROOT

SHORTHANDS = {"runs", "opens", "plain"}
"""Functions of `bot/say/basics.py` that take a voice, a key, and its facts."""
SPEAKS = {"text", "markdown"}
"""Methods of a `Voice`."""
NOT_FACTS = {"primary"}
LOGS = {"debug", "info", "warning", "error", "exception", "bind"}


@dataclass(frozen=True)
class Use:
    """A key as it stands in code, with the facts that go with it: None where they are not written out."""

    place: str
    key: str
    facts: frozenset[str] | None


@cache
def code() -> tuple[tuple[str, ast.Module], ...]:
    folders = (ROOT / "bot", ROOT / "adapters")
    files = sorted(file for folder in folders for file in folder.rglob("*.py"))
    return tuple((str(file.relative_to(ROOT)), ast.parse(file.read_text(encoding="utf-8"))) for file in files)


def calls() -> Iterator[tuple[str, ast.Call]]:
    for file, tree in code():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                yield f"{file}:{node.lineno}", node


def uses() -> Iterator[Use]:
    """Every key that is written out: `voice.text("…")`, `voice.markdown("…")`, `runs(voice, "…")`, `UserError("…")`."""
    for place, call in calls():
        name = _name(call.func)
        if _speaks(call.func) and call.args:
            key, prefix = call.args[0], ""
        elif name.rpartition(".")[2] in SHORTHANDS and len(call.args) > 1:
            key, prefix = call.args[1], ""
        elif name == "UserError" and call.args:
            key, prefix = call.args[0], "error."
        else:
            continue
        facts = frozenset(each.arg for each in call.keywords if each.arg) - NOT_FACTS
        is_written_out = all(each.arg for each in call.keywords)
        for each in [key.body, key.orelse] if isinstance(key, ast.IfExp) else [key]:
            if isinstance(each, ast.Constant) and isinstance(each.value, str):
                yield Use(place, prefix + each.value, facts if is_written_out else None)


def patterns() -> Iterator[re.Pattern[str]]:
    """Every key that is put together, as a pattern: `voice.text(f"state.{state}")`."""
    for _, tree in code():
        for node in ast.walk(tree):
            if isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
                parts = [
                    re.escape(str(part.value)) if isinstance(part, ast.Constant) else "[^ ].*"
                    for part in node.values
                ]
                yield re.compile("".join(parts))


def constants() -> Iterator[tuple[str, str]]:
    """Every whole text in the code but names of log events: no piece of a text that is put together."""
    for file, tree in code():
        logged = {
            id(arg)
            for node in ast.walk(tree)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in LOGS
            for arg in node.args
        }
        pieces = {
            id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values
        }
        left_out = logged | pieces
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in left_out:
                yield f"{file}:{node.lineno}", node.value


def _speaks(func: ast.expr) -> bool:
    """Whether this is `voice.text` or `voice.markdown`: a row of a file has a method `text`, too."""
    return isinstance(func, ast.Attribute) and func.attr in SPEAKS and "voice" in ast.unparse(func.value)


def _name(func: ast.expr) -> str:
    if isinstance(func, ast.Attribute):
        return f"{_name(func.value)}.{func.attr}"
    return func.id if isinstance(func, ast.Name) else ""


def texts(prompts: Prompts) -> dict[str, Sentence]:
    return read_texts(prompts.files, Flaws())["en"]


def test_every_key_that_code_names_has_its_words(prompts: Prompts) -> None:
    known = texts(prompts)

    strangers = [f"{use.place}: {use.key}" for use in uses() if use.key not in known]

    assert not strangers, "\n".join(strangers)


def test_every_text_in_code_that_looks_like_a_key_is_one(prompts: Prompts) -> None:
    known = texts(prompts)
    areas = {key.split(".")[0] for key in known}

    strays = [
        f"{place}: {text}"
        for place, text in constants()
        if re.fullmatch(r"[a-z-]+(\.[a-z_-]+)+", text) and text.split(".")[0] in areas and text not in known
    ]

    strays = [stray for stray in strays if not stray.endswith((".md", ".yaml", ".csv", ".ics", ".json"))]
    assert not strays, "\n".join(strays)


def test_every_text_gets_the_facts_it_names(prompts: Prompts) -> None:
    known = texts(prompts)

    lacking = []
    for use in uses():
        if use.key in known and use.facts is not None:
            text = known[use.key]
            named = {word for form in text.forms.values() for word in words_in(form)} | (
                {"n"} if text.is_plural else set()
            )
            if named - use.facts:
                lacking.append(f"{use.place}: {use.key} lacks {sorted(named - use.facts)}")

    assert not lacking, "\n".join(lacking)


def test_every_text_is_used(prompts: Prompts) -> None:
    written = {use.key for use in uses()} | {text for _, text in constants()}
    written |= {f"error.{text}" for text in written}
    written |= TEXT_KEYS  # not every `help.…`, `starter.…` and `button.…`: those of the table of commands
    put_together = [
        pattern
        for pattern in patterns()
        if not pattern.pattern.startswith(("error", "help", "starter", "button"))
    ]
    lists = {
        argument.value
        for _, call in calls()
        if _name(call.func).rpartition(".")[2] in {"keys", "choice", "label", "labels"}
        for argument in call.args
        if isinstance(argument, ast.Constant)
    }
    asked = {
        f"{ast.literal_eval(call.args[2])}.{ast.literal_eval(call.args[1])}"
        for _, call in calls()
        if _name(call.func).rpartition(".")[2] == "question" and len(call.args) > 2
        if isinstance(call.args[1], ast.Constant) and isinstance(call.args[2], ast.Constant)
    }

    unused = [
        key
        for key in texts(prompts)
        if key not in written
        and key.split(".")[0] not in lists
        and key.removesuffix(".hint") not in asked
        and not any(pattern.fullmatch(key) for pattern in put_together)
    ]

    assert not unused, "\n".join(unused)


def test_the_default_language_is_named_in_one_place_and_by_the_loader() -> None:
    named = {place.rpartition(":")[0] for place, text in constants() if text == "en"}

    assert named == {"bot/model/people.py", "bot/prompts/content.py"}
