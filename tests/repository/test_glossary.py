"""The glossary has an entry for every noun of the model."""

import ast

import pytest

from tests.support.places import ROOT

NOUNS = sorted(
    node.name
    for file in (ROOT / "bot" / "model").glob("*.py")
    for node in ast.parse(file.read_text("utf-8")).body
    if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
)


@pytest.mark.parametrize("noun", NOUNS)
def test_the_glossary_explains_each_noun_of_the_model(noun: str) -> None:
    lines = (ROOT / "docs" / "glossary.md").read_text("utf-8").splitlines()

    assert any(f"`{noun}`" in line for line in lines if line.startswith("| "))


def test_every_class_that_the_glossary_names_exists() -> None:
    text = (ROOT / "docs" / "glossary.md").read_text("utf-8")
    code = "\n".join(file.read_text("utf-8") for file in (ROOT / "bot").rglob("*.py"))
    named = {each for each in text.split("`")[1::2] if each[:1].isupper() and each[1:2].islower()}

    assert named
    assert not sorted(each for each in named if f"class {each}(" not in code and f"class {each}:" not in code)
