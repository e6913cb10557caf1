"""`jpd` called in this process or started as one of its own, in a folder and an environment of a test."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import pytest
import structlog

from adapters.cli.main import main
from tests.support.places import ROOT

SETTINGS = ("JPD_", "PORT", "DATABASE_URL")
COMMAND = (sys.executable, "-m", "adapters.cli")


@dataclass(frozen=True, slots=True)
class Done:
    """A command that has ended."""

    returncode: int
    stdout: str
    stderr: str


def database_in(folder: Path) -> str:
    """Return the URL of the SQLite database that a test's commands share."""
    return f"sqlite+aiosqlite:///{folder}/jpd.sqlite"


def process_environment(**settings: str) -> dict[str, str]:
    """Return the environment of a process of `jpd`: this one's, with these settings instead of its own."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(SETTINGS)}
    return {**clean, "PYTHONPATH": str(ROOT), **settings}


def run_jpd(*arguments: str | Path, folder: Path, settings: Mapping[str, str] | None = None) -> Done:
    """Call the command in this process, which saves the second that a new one takes to start.

    A running event loop is in its way: an async test calls it in a thread.
    """
    out, err = StringIO(), StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        for name in [name for name in os.environ if name.startswith(SETTINGS)]:
            patch.delenv(name)
        for name, value in (settings or {}).items():
            patch.setenv(name, value)
        patch.chdir(folder)
        try:
            with pytest.raises(SystemExit) as ended:
                main([str(each) for each in arguments])
        finally:
            structlog.reset_defaults()  # the command sets them for its process
    code = ended.value.code or 0
    assert isinstance(code, int), code
    return Done(code, out.getvalue(), err.getvalue())


def run_jpd_process(*arguments: str | Path, folder: Path, settings: Mapping[str, str] | None = None) -> Done:
    """Run the command in a process of its own, as an operator does."""
    done = subprocess.run(
        [*COMMAND, *map(str, arguments)],
        env=process_environment(**(settings or {})), cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return Done(done.returncode, done.stdout, done.stderr)
