"""The time and memory of `jpd import` for 10,000 staff in 400 schools, compared with reading the zip alone."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from adapters.rosters import read_roster
from tests.rosters.make import make_oneroster

SCHOOLS, STAFF = 400, 10_000


def main() -> None:
    """Make a OneRoster 1.2 zip, read it, import it in a process of its own, and print both."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "roster.zip"
        make_oneroster(file, schools=SCHOOLS, staff=STAFF, version="1.2")
        started = time.perf_counter()
        read_roster(file, today=datetime.now(UTC).date())
        reading = time.perf_counter() - started
        started = time.perf_counter()
        command = [sys.executable, "-m", "adapters.cli", "import", str(file)]
        environment = os.environ | {"JPD_DATABASE_URL": f"sqlite+aiosqlite:///{folder}/jpd.sqlite"}
        subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)
        importing = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"{STAFF} staff in {SCHOOLS} schools")
    print(f"  read the zip    {reading:6.2f} s")
    print(
        f"  jpd import      {importing:6.2f} s, {importing / reading:.0f} times that, {peak:.0f} MB at most"
    )


if __name__ == "__main__":
    main()
