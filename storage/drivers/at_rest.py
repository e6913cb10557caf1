"""SQLite's files at rest: their owner alone reads them, and nothing that was deleted stands in them."""

from __future__ import annotations

import os
import sqlite3
import stat
from contextlib import closing, suppress
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncConnection

from storage.drivers.sqlite import OneCallConnection

SIDE_FILES = ("", "-wal", "-shm", "-journal")
"""What SQLite adds to the name of the database. It gives these files the mode of the database's."""
FOR_OTHERS = 0o077
"""The bits of a mode that let other users of the machine in."""
_ERASED = "jpd-erased"
MILLISECONDS_TO_WAIT = 30_000
"""The wait for another process that writes."""


def make_private(file: str) -> None:
    """Make the database readable by its owner only: a new one from its first byte, an old one from now on."""
    if not file or file == ":memory:":
        return
    with suppress(OSError):  # SQLite itself says that a folder is missing or a file can't be written
        os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))
    for name in SIDE_FILES:
        with suppress(OSError):  # no such file, or another user's
            found = Path(file + name)
            mode = found.stat().st_mode
            if mode & FOR_OTHERS:
                found.chmod(mode & ~FOR_OTHERS & 0o777)


def is_readable_by_others(file: Path) -> bool:
    """Return whether other users of the machine may read or change the file."""
    return _mode(file) & FOR_OTHERS != 0


def is_writable_by_others(folder: Path) -> bool:
    """Return whether other users may put another file in the place of one in the folder.

    In a folder with the sticky bit, such as `/tmp`, they may not.
    """
    mode = _mode(folder)
    return mode & (stat.S_IWGRP | stat.S_IWOTH) != 0 and mode & stat.S_ISVTX == 0


def _mode(path: Path) -> int:
    """Return the mode, or 0 where there is none: on Windows, or if nothing is there."""
    if os.name != "posix":
        return 0
    with suppress(OSError):
        return path.stat().st_mode
    return 0


def mark_erased(connection: AsyncConnection) -> None:
    """Note that the transaction deletes what somebody wrote: `empty_journal` follows its end."""
    connection.info[_ERASED] = True


async def empty_journal(connection: AsyncConnection) -> None:
    """Write the journal into the database and empty it, if a transaction has deleted what somebody wrote.

    Until then the journal holds the deleted text. If another process is reading, the next transaction tries again.
    """
    if not connection.info.get(_ERASED):
        return
    driver = (await connection.get_raw_connection()).driver_connection
    if not isinstance(driver, OneCallConnection):
        connection.info.pop(_ERASED)
        return
    await driver.run(False, "PRAGMA busy_timeout = 0", ())
    try:
        rows, *_ = await driver.run(False, "PRAGMA wal_checkpoint(TRUNCATE)", ())
    finally:
        await driver.run(False, f"PRAGMA busy_timeout = {MILLISECONDS_TO_WAIT}", ())
    if not rows[0][0]:
        connection.info.pop(_ERASED)


def remove_deleted(file: str) -> None:
    """Write the database anew, without its free pages: earlier releases left deleted text in them."""
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
