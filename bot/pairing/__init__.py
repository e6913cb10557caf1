"""Who meets whom: pure functions from people and their past to pairings with reasons."""

from bot.pairing import quality
from bot.pairing.arrangement import Arrangement, Group, LeftOut, Rearrangement, arrange, rearrange
from bot.pairing.quality import Person, Weights

__all__ = [
    "Arrangement",
    "Group",
    "LeftOut",
    "Person",
    "Rearrangement",
    "Weights",
    "arrange",
    "quality",
    "rearrange",
]
