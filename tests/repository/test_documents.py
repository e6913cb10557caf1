"""Documents say what is true: links resolve, paths and targets exist, numbers are those of the code."""

from __future__ import annotations

import re
import shutil
import tomllib
from dataclasses import astuple, fields
from pathlib import Path

import pytest
import typer

from adapters.cli.main import app
from adapters.cli.settings import Settings
from adapters.files.pairs import WEIGHTS
from bot.pairing import Weights
from bot.prompts import Level, Prompts, check
from bot.prompts.flaws import Flaws
from bot.prompts.packs import read_pack
from bot.rules.commands import COMMANDS
from bot.rules.privacy import FLOOR, FOUR_BANDS_FROM, QUOTE_FLOOR
from bot.use_cases.workspaces import KEPT_AFTER_REMOVAL
from bot.worker.pruning import EVENTS_KEPT
from storage.tables import metadata
from tests.repository.documents import DOCUMENTS, Document, document
from tests.support.places import PROMPTS, ROOT

EVERY = pytest.mark.parametrize("read", DOCUMENTS, ids=lambda each: each.name)
README = document("README.md")
MOST_WORDS = 900
OURS = re.compile(r"(?:bot|adapters|storage|prompts|tests|bench|docs|\.ci|\.github)/[\w./-]*")
NAME_IN = re.compile(r"`(\w+)` in `([\w/]+\.py)`")
"""Such as "`is_released` in `bot/rules/privacy.py`"."""
TO_BE_MADE = ("prompts/platforms/console.en.md",)
"""Files that a document tells its reader to make."""
MEASURED = re.compile(
    r"\d[\d,.]* ?(MB|ms|(messages|requests|people) a second|times (as fast|faster|slower))\b"
)


def test_the_readme_is_short() -> None:
    assert len(README.text.split()) <= MOST_WORDS


def test_the_documents_that_somebody_looks_for_are_there_and_the_readme_leads_to_each() -> None:
    reached, left = {"README.md"}, ["README.md"]
    while left:
        read = document(left.pop())
        targets = [read.path.parent / link.partition("#")[0] for link in read.links if "://" not in link]
        found = {each.resolve().relative_to(ROOT).as_posix() for each in targets if each.suffix == ".md"}
        left += found - reached
        reached |= found

    assert {each.name for each in DOCUMENTS if each.name.startswith("docs/")} <= reached
    assert {"CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md"} <= reached


@EVERY
def test_every_link_leads_somewhere(read: Document) -> None:
    for link in read.links:
        if "://" in link:
            continue
        name, _, anchor = link.partition("#")
        target = (read.path.parent / name).resolve() if name else read.path
        assert target.exists(), link
        assert not anchor or anchor in Document(target).anchors, link


@EVERY
def test_every_path_of_ours_that_it_names_exists(read: Document) -> None:
    mermaid = " ".join(read.blocks("mermaid"))
    for path in [each for code in [*read.code, mermaid] for each in OURS.findall(code)]:
        assert path in TO_BE_MADE or (ROOT / path).exists(), path


@EVERY
def test_every_name_that_it_looks_for_in_a_file_of_ours_is_defined_there(read: Document) -> None:
    for name, path in NAME_IN.findall(" ".join(read.prose.split())):
        source = (ROOT / path).read_text(encoding="utf-8")
        assert re.search(rf"^ *(?:(?:async )?def |class )?{name}\b", source, re.MULTILINE), (
            f"{name} in {path}"
        )


@EVERY
def test_every_make_target_it_names_exists(read: Document) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"\bmake ([a-z]+(?:-[a-z]+)*)", "\n".join([*read.code, *read.blocks("sh")])))

    assert named <= targets


@EVERY
def test_what_was_measured_names_what_measures_it(read: Document) -> None:
    for line in read.text.splitlines():
        assert not MEASURED.search(line) or "make bench" in line, line


@EVERY
def test_it_names_nothing_that_lies_beside_the_repository(read: Document) -> None:
    assert not re.search(r"\.\./shared|/work/|house\.md|domain\.md", read.text)


def test_every_command_of_the_bot_is_in_the_readme() -> None:
    for command in COMMANDS:
        assert not command.is_listed or f"`{command.name}" in README.text, command.name


def test_every_command_of_the_command_line_is_in_a_document() -> None:
    everything = "\n".join(each.text for each in DOCUMENTS)
    group = typer.main.get_command(app)

    assert isinstance(group, typer.core.TyperGroup)
    for name in group.commands:
        assert f"jpd {name}" in everything, name


@EVERY
def test_the_command_line_has_the_commands_and_options_that_it_names(read: Document) -> None:
    group = typer.main.get_command(app)
    assert isinstance(group, typer.core.TyperGroup)
    for line in [each for each in read.code if each.startswith("jpd ")]:
        command, *words = line.split()[1:]
        found = group.commands.get(command)
        if isinstance(found, typer.core.TyperGroup):
            found = found.commands.get(words[0]) if words else found
        assert found is not None, line
        known = {option for each in found.params for option in (*each.opts, *each.secondary_opts)}
        assert {word for word in words if word.startswith("--")} <= known, line


def test_the_thresholds_in_the_document_on_privacy_are_those_of_the_code() -> None:
    read = document("docs/privacy/README.md").text

    assert f"**The floor is {FLOOR}**" in read
    assert f"; {QUOTE_FLOOR} people must have answered before one is quoted" in read
    assert f"and {QUOTE_FLOOR} or more people answered" in read
    assert f"In a group of fewer than {FOUR_BANDS_FROM} there are two bands" in read


def test_the_weights_of_pairing_are_those_of_the_code() -> None:
    rows = re.findall(r"^ *\| [^|]+ \| (\d+) \| (\d+) \|$", document("docs/pairing.md").text, re.MULTILINE)

    assert len(rows) == len(fields(Weights))
    assert tuple(int(cycle) for cycle, _ in rows) == astuple(Weights())
    assert tuple(int(file) for _, file in rows) == astuple(WEIGHTS)


def test_every_setting_of_a_pack_is_described() -> None:
    folder = PROMPTS / "joint-practice-6wk"
    files = {each.name: each.read_text(encoding="utf-8") for each in folder.iterdir()}
    files["pack.yaml"] = files["pack.yaml"].replace("  - key: focus", "  - nonsense: 1\n    key: focus")
    flaws = Flaws()
    read_pack(folder.name, files | {"pack.yaml": f"{files['pack.yaml']}\nnonsense: 1\n"}, flaws)
    known = [dict(each.facts)["settings"] for each in flaws.wrong if each.key == "unknown-setting"]
    described = re.findall(r"^\| `(\w+)` \|", document("docs/add-a-pack.md").text, re.MULTILINE)

    assert len(known) == 2
    assert set(described) == set(", ".join(map(str, known)).split(", "))


def test_the_step_that_is_shown_is_one_of_ours() -> None:
    [shown] = document("docs/add-a-pack.md").blocks("markdown")

    assert (
        (PROMPTS / "joint-practice-6wk" / "6-challenge.en.md").read_text(encoding="utf-8").startswith(shown)
    )


def test_a_copied_pack_is_one_of_the_packs(tmp_path: Path) -> None:
    content, copy = tmp_path / "prompts", tmp_path / "prompts" / "our-pack"
    shutil.copytree(PROMPTS, content)
    shutil.copytree(content / "peer-visit-2wk", copy)
    settings = copy / "pack.yaml"
    settings.write_text(
        settings.read_text(encoding="utf-8").replace("id: peer-visit-2wk", "id: our-pack"), "utf-8"
    )

    assert not [each for each in check(content) if each.level is Level.FIX]
    assert "our-pack" in [each.id for each in Prompts.load(content).packs()]


def test_the_journey_that_is_shown_is_one_that_runs() -> None:
    [shown] = document("CONTRIBUTING.md").blocks("python")
    journeys = (ROOT / "tests" / "journeys").glob("test_*.py")

    assert any(shown in each.read_text(encoding="utf-8") for each in journeys)


def test_the_layers_in_the_document_on_architecture_are_those_of_the_contract() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    [layers] = [each["layers"] for each in contracts if each["name"] == "The layers of the core"]
    section = document("docs/architecture.md").section("The layers").text
    rows = [
        re.findall(r"`bot/(\w+)", row.split("|")[1])
        for row in section.splitlines()
        if row.startswith("| `bot/")
    ]

    assert [set(row) for row in rows] == [set(layer.split(" | ")) for layer in layers]


def test_every_decision_is_in_the_list_with_its_title() -> None:
    listed = document("docs/decisions/README.md").text

    for file in (ROOT / "docs" / "decisions").glob("0*.md"):
        number, title = file.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ").split(" ", 1)
        assert f"| [{number}]({file.name}) | {title} |" in listed


KEPT = {
    "address": "Address on the platform",
    "address_claim": "A new address with a member's e-mail",
    "answer": "Answers, challenges and replies",
    "blocked": "People who must not be paired",
    "challenge": "Answers, challenges and replies",
    "check_in": "Questions put",
    "delivery": "Each message owed",
    "digest": "A week's figures",
    "enrolment": "Taking part",
    "event_seen": "Ids of events",
    "link_request": "A workspace that asks",
    "held_words": "Words typed when it is unclear",
    "kept_file": "A roster or a calendar",
    "member": "Name, e-mail address",
    "note": "Answers, challenges and replies",
    "pairing": "Taking part",
    "post": "Name, e-mail address",
    "profile": "Profile",
    "school": "The safeguarding lead",
    "seat": "Taking part",
    "seen_address": "Address of somebody who wrote",
    "platform_token": "Tokens of workspaces",
    "wrong_code": "Wrong codes",
}
NOBODY = {
    "closed_day", "cycle", "lane", "link_code", "pack_snapshot", "partnership", "playground_clock", "playground_line",
    "install_state", "platform_note", "term", "workspace", "workspace_school",
}  # fmt: skip
"""Tables that hold nothing about a person; the playground's people are fictional."""


def test_everything_that_is_kept_about_people_is_in_the_document_on_privacy() -> None:
    rows = re.findall(r"^\| ([^|]+) \|", document("docs/privacy/README.md").text, re.MULTILINE)

    assert set(metadata.tables) == {*KEPT, *NOBODY}
    for beginning in KEPT.values():
        assert [row for row in rows if row.startswith(beginning)], beginning


def test_the_times_in_the_document_on_privacy_are_those_of_the_code() -> None:
    rows = dict(
        re.findall(
            r"^\| ([^|]+) \| [^|]+ \| ([^|]+) \|$", document("docs/privacy/README.md").text, re.MULTILINE
        )
    )

    assert f"{EVENTS_KEPT.days} days" in rows["Ids of events that arrived"]
    assert f"{KEPT_AFTER_REMOVAL.days} days" in rows["Address on the platform: workspace and user id"]
    [message] = [until for what, until in rows.items() if what.startswith("Each message owed")]
    assert f"{Settings.model_fields['ledger_days'].default} days" in message
