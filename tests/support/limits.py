"""The one limit of every wait in the tests."""

from __future__ import annotations

HANG = 300.0
"""Seconds that end a test which hangs. No working machine is so slow that a wait takes this long."""
