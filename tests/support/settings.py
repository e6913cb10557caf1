"""Settings of a test, as an operator would set them: in the environment."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from adapters.cli.settings import Settings, read


@contextmanager
def environment(**given: object) -> Iterator[Settings]:
    """Set `JPD_<NAME>` for each given name while the block runs, and give the settings. None sets nothing."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in given.items():
            if value is not None:
                patch.setenv(f"JPD_{name.upper()}", str(value))
        yield read()
