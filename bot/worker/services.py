"""The store, the texts and the platforms that a worker uses."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from bot.model import Limit
from bot.ports import Directory, Messenger, Store
from bot.prompts import Prompts
from bot.worker.turns import Turns


@dataclass(frozen=True)
class Services:
    """Everything a worker needs to send deliveries. Messengers, directories and limits are by platform."""

    store: Store
    prompts: Prompts
    messengers: Mapping[str, Messenger]
    directories: Mapping[str, Directory]
    limits: Mapping[str, Limit]
    """Empty where no lanes are used."""
    seconds: Callable[[], float] = time.monotonic
    """A clock that only goes forward. It stands still where time is set."""
    turns: Turns = field(default_factory=Turns)
