"""The intents that a typed text may have."""

from __future__ import annotations

from enum import StrEnum


class Intent(StrEnum):
    """What a person wants who types a text; the names are those of the phrases in `understand.<language>.yaml`."""

    ANSWER = "answer"
    WHO_PARTNER = "who_partner"
    WHEN_NEXT = "when_next"
    PARTNER_WORDS = "partner_words"
    WHO_READS = "who_reads"
    HELP = "help"
    LANGUAGE = "language"
    CHANGE_ANSWER = "change_answer"
    DELETE_ANSWER = "delete_answer"
    LATER = "later"
    SKIP = "skip"
    PAUSE = "pause"
    LEAVE = "leave"
    PROPOSE_TIME = "propose_time"
    TELL = "tell"
    PARTNER_SILENT = "partner_silent"
    SAFEGUARDING = "safeguarding"
    PUPIL_NAME = "pupil_name"
    """An answer that names a pupil."""
    COLLEAGUE_HEALTH = "colleague_health"
    """Words about the health, the capability or the private life of a colleague."""
    ACK = "ack"
    GREETING = "greeting"
    MOVED = "moved"
    """The writer's name, address, role or school has changed."""
    WRONG_PERSON = "wrong_person"
    TECH = "tech"
    STRAY = "stray"
    """A text that was meant for somebody else."""
    COMPLAINT = "complaint"
    MY_DATA = "my_data"
    # Coordinators and principals:
    WHO_REPLIED = "who_replied"
    PROGRESS = "progress"
    PAIRS = "pairs"
    START_CYCLE = "start_cycle"
    INVITE_PEOPLE = "invite_people"
    CHANGE_PAIR = "change_pair"
    PEOPLE_CHANGE = "people_change"
    FIGURES = "figures"
    READ_WORDS = "read_words"
    """A wish to read what teachers wrote."""
    RANK = "rank"
    """A question who or which school is best."""


LEADERS_INTENTS = frozenset(
    {
        Intent.WHO_REPLIED,
        Intent.PROGRESS,
        Intent.PAIRS,
        Intent.START_CYCLE,
        Intent.INVITE_PEOPLE,
        Intent.CHANGE_PAIR,
        Intent.PEOPLE_CHANGE,
        Intent.FIGURES,
        Intent.READ_WORDS,
        Intent.RANK,
    }
)
"""The intents that are read only from coordinators and principals."""
