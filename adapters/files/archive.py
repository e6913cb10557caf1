"""Reading a zip that may be hostile: nothing is unpacked to disk, and no more than its directory announces."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from adapters.files.faults import FileFaults

LARGEST_MB = 200
"""The largest size of one unpacked file."""

LARGEST_RATIO = 200
"""CSV compresses to a tenth or, with much repetition, a hundredth: a higher ratio is a zip bomb."""

SMALL = 1 << 20
"""Below this size any ratio is harmless."""

METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
ENCRYPTED = 0x1

# OSError: with a damaged offset the library seeks before the beginning of the file.
READING = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    OSError,
    OverflowError,
    struct.error,
)
OPENING = (*READING, ValueError)


class Archive:
    """The files at the root of an open zip."""

    def __init__(self, name: str, archive: zipfile.ZipFile, faults: FileFaults) -> None:
        self._name = name
        self._archive = archive
        self._faults = faults

    def __contains__(self, file: str) -> bool:
        return any(info.filename == file for info in self._archive.infolist())

    def has_in_folder(self, file: str) -> bool:
        """Return whether the file lies in a folder instead of at the root."""
        names = [info.filename.replace("\\", "/") for info in self._archive.infolist()]
        return any(name.endswith(f"/{file}") and not name.startswith("__MACOSX/") for name in names)

    @contextmanager
    def open(self, file: str) -> Iterator[io.BufferedReader]:
        """Open an existing file. Raises `RosterError` for any fault in it, while it is being read too."""
        found = [info for info in self._archive.infolist() if info.filename == file]
        info = found[0]
        if len(found) > 1:
            self._faults.stop(self._name, None, "", "roster.doubled-file", name=file)
        if info.flag_bits & ENCRYPTED:
            self._faults.stop(self._name, None, "", "roster.encrypted")
        if info.file_size > LARGEST_MB << 20:
            self._faults.stop(file, None, "", "roster.too-large", limit=LARGEST_MB)
        if info.file_size > SMALL and info.file_size > LARGEST_RATIO * info.compress_size:
            self._faults.stop(self._name, None, "", "roster.zip-bomb")
        if info.compress_type not in METHODS:
            self._faults.stop(self._name, None, "", "roster.broken-zip")
        try:
            with self._archive.open(info) as raw, io.BufferedReader(cast(Any, raw)) as stream:
                yield stream
        except READING:
            self._faults.stop(self._name, None, "", "roster.broken-zip")


@contextmanager
def open_archive(path: Path, faults: FileFaults) -> Iterator[Archive]:
    """Open a zip. Raises `RosterError` if it is none."""
    try:
        archive = zipfile.ZipFile(path)
    except OPENING:
        faults.stop(path.name, None, "", "roster.broken-zip")
    with archive:
        yield Archive(path.name, archive, faults)
