import pytest

from bot.prompts import Prompts
from tests.support.places import PROMPTS


@pytest.fixture(scope="session")
def prompts() -> Prompts:
    return Prompts.load(PROMPTS)


@pytest.fixture(scope="session")
def files(prompts: Prompts) -> dict[str, str]:
    """The shipped content by file name: to plant faults in copies of it."""
    return dict(prompts.files)
