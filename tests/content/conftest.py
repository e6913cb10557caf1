from pathlib import Path

import pytest

from bot.prompts import Prompts

FOLDER = Path(__file__).parents[2] / "prompts"


@pytest.fixture(scope="session")
def prompts() -> Prompts:
    return Prompts.load(FOLDER)


@pytest.fixture(scope="session")
def files(prompts: Prompts) -> dict[str, str]:
    """The shipped content by file name: to plant faults in copies of it."""
    return dict(prompts.files)
