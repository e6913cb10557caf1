"""Every shell command in a document runs, in the order in which it stands there."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from adapters.cli.main import main
from storage.secrets import new_key
from tests.repository.documents import DOCUMENTS, Document, commands, document
from tests.support.places import PROMPTS

NOT_RUN = {
    "jpd serve": "serves until it is stopped: tests/cli/test_serving.py",
    "jpd work": "sends until it is stopped: tests/cli/test_serving.py",
    "jpd doctor": "looks at platforms, and finds none here: tests/cli/test_doctor.py",
    "make ": "the targets are looked up by tests/repository/test_documents.py",
    "python3 -m venv ": "make does the same",
    ".venv/bin/python -m pip ": "asks a registry; make does the same",
    "git pull ": "asks a remote",
}
RUN_BY_THEMSELVES = ("Back up", "Restore")
"""Sections of docs/operate.md that tests/repository/test_backup.py runs, on both databases."""


def elsewhere() -> set[str]:
    sections = [document("docs/operate.md").section(title) for title in RUN_BY_THEMSELVES]
    return {line for each in sections for block in each.blocks("sh") for line in commands(block)}


def lines(read: Document) -> list[str]:
    return [line for block in read.blocks("sh") for line in commands(block)]


WITH_COMMANDS = [each for each in DOCUMENTS if lines(each)]


@pytest.mark.parametrize("read", WITH_COMMANDS, ids=lambda each: each.name)
def test_its_commands_run(
    read: Document, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JPD_SECRET_KEYS", new_key())
    (tmp_path / "prompts").symlink_to(PROMPTS)
    others = elsewhere()

    for line in lines(read):
        if line in others or line.startswith(tuple(NOT_RUN)):
            continue
        program, *arguments = shlex.split(line)
        assert program == "jpd", f"nothing runs this line: {line}"
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        assert ended.value.code == 0, f"{line}\n{''.join(capsys.readouterr())}"


def test_every_exception_is_needed() -> None:
    written = [line for each in DOCUMENTS for line in lines(each)]

    for start in NOT_RUN:
        assert any(line.startswith(start) for line in written), start
