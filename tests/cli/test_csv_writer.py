"""Every CSV that leaves the machine: a spreadsheet that opens it computes nothing."""

from __future__ import annotations

import ast

import pytest

from adapters.files.csv_writer import csv_line
from adapters.files.pairs import groups_csv
from tests.support.places import ROOT

FORMULAS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    " =1+1",
    '=HYPERLINK("http://x")',
    "\uff1d1+1",
]


@pytest.mark.parametrize("formula", FORMULAS)
def test_no_cell_is_a_formula(formula: str) -> None:
    assert csv_line([formula]).lstrip('"').startswith("'")


@pytest.mark.parametrize("formula", ["=1+1", "@x", "-3"])
def test_a_name_in_groups_is_no_formula(formula: str) -> None:
    lines = groups_csv([(1, formula, "a, reason")]).splitlines()

    assert lines == ["group,member,reason", f'1,\'{formula},"a, reason"']


def test_what_is_no_formula_stays_as_it_is() -> None:
    assert csv_line(["a-b", "x@y.test", 3, "", "Siân"]) == "a-b,x@y.test,3,,Siân"


def test_nobody_else_writes_csv() -> None:
    writers = [
        file.relative_to(ROOT).as_posix()
        for folder in ("adapters", "bot", "storage")
        for file in (ROOT / folder).rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and ast.unparse(node) in ("csv.writer", "csv.DictWriter")
    ]

    assert writers == ["adapters/files/csv_writer.py"]
