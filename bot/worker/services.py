"""The store, the texts and the platforms that a worker uses."""

from __future__ import annotations

from collections.abc import Mapping
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
    turns: Turns = field(default_factory=Turns)
