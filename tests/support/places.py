"""Folders that tests read."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
PROMPTS = ROOT / "prompts"
SCHEMAS = ROOT / "tests" / "schemas"
