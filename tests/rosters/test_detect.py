"""Every module that reads a format of rosters is asked when a roster is read."""

from __future__ import annotations

import importlib
import pkgutil

from adapters import rosters
from adapters.rosters import detect


def test_every_module_that_recognises_a_format_stands_in_the_table() -> None:
    names = [each.name for each in pkgutil.iter_modules(rosters.__path__, f"{rosters.__name__}.")]
    formats = [module for module in map(importlib.import_module, names) if hasattr(module, "recognises")]

    assert len(formats) > 1
    assert {id(each) for each in formats} == {id(each) for each in detect.FORMATS}, formats
