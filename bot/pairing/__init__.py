"""Pairing: pure functions from people and their history to groups with reasons."""

from bot.pairing import quality
from bot.pairing.arrangement import (
    Arrangement,
    Group,
    LeftOut,
    Rearrangement,
    arrange,
    rearrange,
    why_left_out,
)
from bot.pairing.problem import Engine, PairingTask, answer_here
from bot.pairing.quality import Person, Weights

__all__ = [
    "Arrangement",
    "Engine",
    "Group",
    "LeftOut",
    "PairingTask",
    "Person",
    "Rearrangement",
    "Weights",
    "answer_here",
    "arrange",
    "quality",
    "rearrange",
    "why_left_out",
]
