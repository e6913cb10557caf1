"""Files of rosters and calendars, read into values of the core."""

from adapters.rosters.calendars import read_calendar
from adapters.rosters.detect import read_roster
from adapters.rosters.sent_files import SentFileReader

__all__ = ["SentFileReader", "read_calendar", "read_roster"]
