"""`make understanding`: play lines with known intents and print how they are read."""

from __future__ import annotations

import sys
from pathlib import Path

from bot.prompts import Prompts
from bot.understanding.reader import Reader
from tests.understanding.measure import HANDED, lines_of, read_all, report, shares_of


def main() -> int:
    """Print the report on a file, by default the handed one; return 1 if a share is out of bounds."""
    file = Path(sys.argv[1]) if len(sys.argv) > 1 else HANDED
    reader = Reader(Prompts.load(Path(__file__).parents[2] / "prompts").phrases("en"))
    outcomes = read_all(reader, lines_of(file))
    print(*report(outcomes, reader), sep="\n")  # noqa: T201  (a tool that prints)
    return 0 if shares_of(outcomes).within_bounds else 1


if __name__ == "__main__":
    sys.exit(main())
