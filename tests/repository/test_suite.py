"""Every test is run by one of the commands of `make`, and what leaves `make test` is written down."""

from __future__ import annotations

import re
import tomllib
from itertools import chain, combinations

import pytest
from _pytest.mark.expression import Expression

from tests.support.places import ROOT

MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
README = (ROOT / "tests" / "README.md").read_text(encoding="utf-8")
OPTIONS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["pytest"][
    "ini_options"
]
MAKE_TEST = OPTIONS["addopts"][OPTIONS["addopts"].index("-m") + 1]
OTHERS = [
    first or second for first, second in re.findall(r'python -m pytest .*?-m (?:"([^"]+)"|(\w+))', MAKEFILE)
]
LEAVING = set(re.findall(r"not (\w+)", MAKE_TEST))


def selects(expression: str, marks: set[str]) -> bool:
    """Return whether pytest's `-m expression` selects a test that has these marks."""
    return Expression.compile(expression).evaluate(lambda name, /, **_: name in marks)


def test_every_test_is_run_by_make_test_or_by_another_command() -> None:
    some = chain.from_iterable(combinations(sorted(LEAVING), size) for size in range(len(LEAVING) + 1))

    for marks in map(set, some):
        assert any(selects(each, marks) for each in (MAKE_TEST, *OTHERS)), marks


def test_make_test_leaves_out_nothing_but_marks_that_are_explained() -> None:
    explained = set(re.findall(r"^\| `(\w+)` \|", README, re.MULTILINE))

    assert explained == LEAVING
    assert selects(MAKE_TEST, set())
    assert {each.split(":")[0] for each in OPTIONS["markers"]} >= LEAVING


@pytest.mark.parametrize("mark", ["browser", "agents_playground"])
def test_a_mark_whose_command_names_a_folder_is_used_in_that_folder_only(mark: str) -> None:
    files = [
        each for each in ROOT.joinpath("tests").rglob("test_*.py") if f"mark.{mark}\n" in each.read_text()
    ]

    assert re.search(rf"-m {mark} tests/{mark}", MAKEFILE)
    assert {each.parent.name for each in files} == {mark}
