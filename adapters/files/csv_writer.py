"""The one writer of CSV that leaves the machine: no cell is a formula in a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""The last four are the wide signs of East Asian letters, which Excel reads alike."""


def csv_line(cells: Iterable[str | int]) -> str:
    """Return a line of CSV without its end. Where a spreadsheet would see a formula, an apostrophe stands before it."""
    written = io.StringIO()
    csv.writer(written, lineterminator="").writerow([_harmless(str(cell)) for cell in cells])
    return written.getvalue()


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.lstrip(" ").startswith(FORMULA_SIGNS) else cell
