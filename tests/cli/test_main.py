"""The command line, called in the process of the test."""

from __future__ import annotations

import subprocess
import sys

import pytest

from adapters.cli.main import main
from tests.support.places import ROOT

HEAVY = (
    "aiohttp",
    "alembic",
    "botbuilder",
    "holidays",
    "prometheus_client",
    "rich.progress",
    "scipy",
    "slack_bolt",
    "slack_sdk",
    "sqlalchemy",
    "structlog",
)


def test_arguments_are_given_to_main(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["keys", "new"])

    assert ended.value.code == 0
    assert len(capsys.readouterr().out.strip()) == 44


def test_an_unknown_command_ends_with_two(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["nonsense"])

    assert ended.value.code == 2
    assert "nonsense" in capsys.readouterr().err


def test_help_imports_no_heavy_library() -> None:
    code = (
        "import sys\nfrom adapters.cli.main import main\n"
        "try: main(['--help'])\nexcept SystemExit: pass\n"
        f"print([each for each in {HEAVY!r} if each in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert "Usage" in done.stdout
    assert done.stderr.strip() == "[]"
