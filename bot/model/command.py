"""The names of the commands and of the forms."""

from __future__ import annotations

from enum import StrEnum


class CommandName(StrEnum):
    """A command, by the text that runs it; `bot.rules.commands` says who may use each one and where it is offered."""

    START = "start"
    PREVIEW = "preview"
    CONFIRM = "confirm"
    PAIRS = "pairs"
    SWAP = "swap"
    BLOCK = "block"
    NUDGE = "nudge"
    HOLD = "hold"
    CLOSE = "close"
    LEDGER = "ledger"
    SCHOOL = "school"
    DIGEST = "digest"
    STATUS = "status"
    JOIN = "join"
    PROFILE = "profile"
    TELL = "tell"
    PAUSE = "pause"
    LEAVE = "leave"
    LANGUAGE = "language"
    MY_DATA = "my data"
    CONCERN = "concern"
    HELP = "help"
    FORGET_ME = "forget me"
    RESUME = "resume"
    INVITE = "invite"
    GO_ON = "go on"
    ACCEPT = "accept"
    DECLINE = "decline"
    SKIP = "skip"
    UNDO = "undo"
    LATER = "later"
    TAKE_BACK = "take-back"
    SEND = "send"
    PUT = "put"
    TOGETHER = "together"
    ANOTHER = "another"
    STOP = "stop"
    MEANT = "meant"
    NOT_ME = "not-me"
    REQUEST = "request"
    REMIND_PARTNER = "remind-partner"


class FormName(StrEnum):
    """A form that a button opens, or the member's own page (`HOME`), which is opened in the same way."""

    HOME = "home"
    CHECK_IN = "check-in"
    CHALLENGE = "challenge"
    TELL = "tell"
    START = "start"
    PROFILE = "profile"
    TIMES = "times"
    PAUSE = "pause"
