"""The README says what is true: its commands exist and run, its settings are all there are."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from adapters.cli.settings import rows
from tests.support.places import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^ *```sh\n(.*?)```", README, re.DOTALL | re.MULTILINE)
SHELL = [line.split("#")[0].strip() for block in BLOCKS for line in block.splitlines()]
JPD = [line.removeprefix("jpd ").split() for line in SHELL if line.startswith("jpd ")]


def test_every_setting_is_listed_with_its_default() -> None:
    for setting in rows():
        [line] = [line for line in README.splitlines() if line.startswith(f"| `{setting.name}` ")]
        if setting.name != "JPD_PROMPTS":
            assert f"| {setting.default} |" in line


def test_every_make_target_it_names_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"make ([a-z]+(?:-[a-z]+)*)", README)) - {"it"}

    assert named
    assert named <= targets


def test_every_picture_and_folder_it_names_is_there() -> None:
    for path in re.findall(r"!\[[^\]]+\]\(([^)]+)\)", README):
        assert (ROOT / path).is_file(), path
    for folder in ("bot", "adapters", "storage", "prompts", "tests"):
        assert f"{folder}/" in README
        assert (ROOT / folder).is_dir()


@pytest.mark.parametrize(
    "words", [each for each in JPD if each[0] not in ("doctor", "serve", "work")], ids=" ".join
)
def test_its_commands_run(words: list[str], tmp_path_factory: pytest.TempPathFactory) -> None:
    store = tmp_path_factory.getbasetemp() / "readme.sqlite"  # the commands build on one another
    environment = os.environ | {"JPD_DATABASE_URL": f"sqlite+aiosqlite:///{store}"}

    done = subprocess.run(
        [sys.executable, "-m", "adapters.cli", *words],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stdout + done.stderr


def test_it_names_every_command_of_the_bot() -> None:
    from bot.conversation.commands import COORDINATORS, DIGEST, EVERYONE

    for command in (*EVERYONE, *COORDINATORS, DIGEST):
        assert f"`{command}" in README, command
