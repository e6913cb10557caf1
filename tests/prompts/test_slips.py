"""Slips in the bot's own content: the check finds each, and the bot speaks on with the shipped sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.prompts import ContentFinding, Level, Prompts
from bot.prompts.check import check_files
from tests.support.places import PROMPTS

CHECK_INS = "bot/check-ins.en.md"
PACK = "joint-practice-6wk/pack.yaml"


@pytest.fixture
def files(files: dict[str, str]) -> dict[str, str]:
    """Return the bot's own sentences and one pack: the phrases take long to check, and are not what slips here."""
    return {name: text for name, text in files.items() if not name.startswith(("understand", "peer-visit"))}


def fixes(changed: dict[str, str], files: dict[str, str]) -> list[ContentFinding]:
    return [each for each in check_files(changed, shipped=files) if each.level is Level.FIX]


def without_section(files: dict[str, str], file: str, key: str) -> dict[str, str]:
    before, after = files[file].split(f"## {key}\n", 1)
    rest = after.partition("\n## ")[2]
    return {**files, file: f"{before}## {rest}"}


def with_slip(files: dict[str, str], file: str, old: str, new: str) -> dict[str, str]:
    assert old in files[file], "the content has changed: plant the slip elsewhere"
    return {**files, file: files[file].replace(old, new, 1)}


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        (CHECK_INS, "{title}: one question", "{titel}: one question"),
        (CHECK_INS, "Only {partner} see this", "Only {partners} see this"),
        ("bot/cycles.en.md", "{cycle}", "{cycle_name}"),
    ],
)
def test_an_unknown_fact_is_found_at_its_line_and_the_shipped_sentence_stands_in(
    files: dict[str, str], file: str, old: str, new: str
) -> None:
    slipped = with_slip(files, file, old, new)
    line = slipped[file][: slipped[file].index(new)].count("\n") + 1

    [finding] = fixes(slipped, files)

    assert (finding.file, finding.line) == (file, line)
    ours, theirs = Prompts(files), Prompts(slipped, files)
    assert len(theirs.stand_ins) == 1
    key = dict(theirs.stand_ins[0].facts)["key"]
    facts = dict.fromkeys(("title", "partner", "cycle", "until", "n"), "7")
    assert theirs.voice("en").text(key, **facts) == ours.voice("en").text(key, **facts)


@pytest.mark.parametrize(
    ("file", "key"),
    [
        (CHECK_INS, "share.partner"),
        ("bot/basics.en.md", "error.no-cycle"),
        ("bot/lists.en.md", "role.teacher"),
    ],
)
def test_a_lost_section_is_found_and_the_shipped_sentence_stands_in(
    files: dict[str, str], file: str, key: str
) -> None:
    lost = without_section(files, file, key)

    findings = fixes(lost, files)

    assert [(each.file, key in each.what) for each in findings] == [(file, True)]
    assert Prompts(lost, files).voice("en").has(key)


def test_a_translation_with_an_unknown_fact_speaks_english(files: dict[str, str]) -> None:
    welsh = {**files, "bot/basics.cy.md": "## share.partner\nDim ond {partneriaid}.\n"}

    assert Prompts(welsh, files).voice("cy").text("share.partner", partner="Tama", n=1) == Prompts(
        files
    ).voice("en").text("share.partner", partner="Tama", n=1)


def test_the_shipped_content_needs_no_stand_in(files: dict[str, str]) -> None:
    assert Prompts(files, files).stand_ins == ()
    assert Prompts.load(PROMPTS, PROMPTS).stand_ins == ()


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        (PACK, "  - key: contract", "\t- key: contract"),
        (PACK, "steps:", "steps: {"),
        ("words.en.yaml", "\n", "\n\t- x\n"),
        ("joint-practice-6wk/1-focus.en.md", "---\n", "---\n\tx\n"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_alone(
    files: dict[str, str], file: str, old: str, new: str
) -> None:
    findings = fixes(with_slip(files, file, old, new), files)

    assert [each.file for each in findings] == [file]
    assert "YAML cannot read this" in findings[0].what


def test_a_file_in_other_letters_is_told_alone(files: dict[str, str], tmp_path: Path) -> None:
    from bot.prompts import check

    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(text.encode("utf-16" if name == CHECK_INS else "utf-8"))

    found = [each for each in check(tmp_path, shipped=PROMPTS) if each.level is Level.FIX]

    assert [each.file for each in found] == [CHECK_INS]


@pytest.mark.parametrize(
    ("slip", "said"),
    [
        ("Only <b>you</b> see this.", "HTML"),
        ("Hello <!-- not this -->", "HTML"),
        ("Only ${partner} see this.", "dollar"),
        ("Only\x00 you.", "cannot be seen"),
        ("##reach", "needs a space"),
    ],
)
@pytest.mark.parametrize("file", [CHECK_INS, "joint-practice-6wk/1-focus.en.md"])
def test_marks_that_are_none_are_found_at_their_line(
    files: dict[str, str], file: str, slip: str, said: str
) -> None:
    slipped = {file: f"{files[file].rstrip()}\n{slip}\n", "bot/check.en.md": files["bot/check.en.md"]}
    last = slipped[file].count("\n")

    assert (last, True) in {(each.line, said in each.what) for each in fixes(slipped, {})}
