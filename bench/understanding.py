"""How long it takes to learn the phrases, and to read a typed text."""

from __future__ import annotations

import time
from datetime import date
from pathlib import Path

from bot.prompts import Prompts
from bot.understanding.reader import Reader
from bot.understanding.situation import Open, Situation

ROUNDS = 500


def main() -> None:
    """Print the seconds for learning and the milliseconds for a reading."""
    reader = Reader(Prompts.load(Path("prompts")).phrases("en"))
    start = time.perf_counter()
    reader.prepare()
    print(f"learning the phrases: {time.perf_counter() - start:.1f} s")
    situation = Situation(today=date(2026, 9, 7), question=Open.QUESTION)
    text = "I waited ten seconds after each question, and two pupils who never speak put a hand up"
    start = time.perf_counter()
    for _ in range(ROUNDS):
        reader.read(text, situation)
    print(f"reading a text: {(time.perf_counter() - start) / ROUNDS * 1000:.2f} ms")


if __name__ == "__main__":
    main()
