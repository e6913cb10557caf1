import pytest

from bot.prompts import Prompts
from tests.support.places import PROMPTS


@pytest.fixture(scope="session")
def prompts() -> Prompts:
    return Prompts.load(PROMPTS)


@pytest.fixture(scope="session")
def files(prompts: Prompts) -> dict[str, str]:
    """Return the shipped content by file name; tests put faults into copies of it."""
    return dict(prompts.files)
