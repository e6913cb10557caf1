"""Slack's limits, in one table; its SDK does not know all of them."""

from __future__ import annotations

TEXT = 3_000
"""The text of a section, of a quote, and of a message (40,000 are allowed, but notifications show far less)."""
CONTEXT = 2_000
HEADER = 150
ALT = 2_000
"""The alternative text of a picture."""
FILE_ALT = 1_000
"""The same, stored with the uploaded file."""
FIELD = 2_000
FIELDS = 10
"""The fields of a section."""

MESSAGE_BLOCKS = 50
MESSAGE = 12_500
"""The blocks of one message as JSON, in characters. Slack refuses some 13,200 with `msg_blocks_too_long`.

Its documents don't say so: https://github.com/slackapi/bolt-js/issues/2509
"""
VIEW_BLOCKS = 100

BUTTON_LABEL = 75
BUTTONS = 25
"""The buttons of a row."""

TITLE = 24
"""The title of a view, and the label of its submit button."""
ID = 255
METADATA = 3_000

INPUT_LABEL = 2_000
INPUT_LENGTH = 3_000
OPTION_LABEL = 75
OPTION_VALUE = 150
OPTIONS = 100
OPTIONS_IN_SIGHT = 10
"""The most radio buttons or checkboxes; more options need a menu."""

TABLE_ROWS = 100
"""The rows with the header."""
TABLE_COLUMNS = 20
TABLE_CHARACTERS = 10_000
"""The characters of a message's table."""
