"""Slack's limits, in one table: what its servers refuse, and its SDK does not all know."""

from __future__ import annotations

TEXT = 3_000
"""A section's text, a message's own text (40,000 are allowed, notifications show far less), a quote of ours."""
CONTEXT = 2_000
HEADER = 150
ALT = 2_000
"""What stands for a picture."""
FILE_ALT = 1_000
"""The same, kept with the uploaded file."""
FIELD = 2_000
FIELDS = 10
"""In a section."""

MESSAGE_BLOCKS = 50
VIEW_BLOCKS = 100

BUTTON_LABEL = 75
BUTTONS = 25
"""In a row."""

TITLE = 24
"""A view's title, and the label of its submit button."""
ID = 255
METADATA = 3_000

INPUT_LABEL = 2_000
INPUT_LENGTH = 3_000
OPTION_LABEL = 75
OPTION_VALUE = 150
OPTIONS = 100
OPTIONS_IN_SIGHT = 10
"""Radio buttons and checkboxes; more need a menu."""

TABLE_ROWS = 100
"""With the header."""
TABLE_COLUMNS = 20
TABLE_CHARACTERS = 10_000
"""In all tables of a message together; one is allowed."""
