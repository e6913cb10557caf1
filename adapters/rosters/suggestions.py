"""Suggestions for a time zone or a code of holidays that was written wrongly."""

from __future__ import annotations

import difflib
import zoneinfo
from functools import lru_cache

from babel.core import get_global

from bot.rules.school_time import has_city, holidays_codes

LEAST_SIMILARITY = 0.75
"""A name this similar (0 to 1) to what was typed is suggested."""

WITHOUT_CITY = {
    "gmt": "Europe/London", "bst": "Europe/London", "utc": "Europe/London", "gb": "Europe/London",
    "wet": "Europe/London", "ist": "Europe/Dublin", "nz": "Pacific/Auckland", "nzst": "Pacific/Auckland",
    "nzdt": "Pacific/Auckland", "aest": "Australia/Sydney", "aedt": "Australia/Sydney", "acst": "Australia/Adelaide",
    "awst": "Australia/Perth", "est": "America/New_York", "edt": "America/New_York", "et": "America/New_York",
    "cst": "America/Chicago", "cdt": "America/Chicago", "ct": "America/Chicago", "mst": "America/Denver",
    "mdt": "America/Denver", "mt": "America/Denver", "pst": "America/Los_Angeles", "pdt": "America/Los_Angeles",
    "pt": "America/Los_Angeles", "cet": "Europe/Paris",
}  # fmt: skip
"""The city that is meant most likely where a zone is named without one: those zones know no summer time, or two."""


@lru_cache
def nearest_zone(text: str) -> str:
    """Return the zone that is meant most likely, or "" where there is no likely one."""
    wanted = text.casefold().strip()
    windows: dict[str, str] = {
        key.casefold(): zone for key, zone in get_global("windows_zone_mapping").items()
    }
    if known := windows.get(wanted) or WITHOUT_CITY.get(wanted):
        return known
    if wanted.endswith((" time", " daylight time")):  # another name of Windows, which resembles many
        return ""
    wanted = wanted.replace(" ", "_")
    zones = sorted(filter(has_city, zoneinfo.available_timezones()))
    by_city = {zone.casefold().rpartition("/")[2]: zone for zone in reversed(zones)}
    by_name = {zone.casefold(): zone for zone in zones}
    for names in (by_name, by_city):
        if near := difflib.get_close_matches(wanted, names, n=1, cutoff=LEAST_SIMILARITY):
            return names[near[0]]
    return ""


@lru_cache
def nearest_code(text: str) -> str:
    """Return the code of public holidays that is meant most likely."""
    wanted = text.upper().replace("_", "-").replace(" ", "-").replace("UK-", "GB-")
    codes = [code for code in holidays_codes() if len(code.partition("-")[0]) == len("GB")]
    near = difflib.get_close_matches(wanted, codes, n=1, cutoff=LEAST_SIMILARITY)
    return near[0] if near else "GB-WLS"
