"""The nouns: frozen dataclasses and enums, without storage and without texts. `docs/glossary.md` explains each."""

from bot.model.check_in import Answer, Challenge, CheckIn, CheckInState, Note, Share
from bot.model.command import CommandName, FormName
from bot.model.cycle import Cycle, CycleState, Enrolment, EnrolmentState, Pairing, PairingState, Reason, Seat
from bot.model.delivery import (
    ALL_LANES,
    ASKS,
    CARRIES_WORDS,
    KINDS,
    NO_LIMIT,
    Delivery,
    DeliveryKind,
    DeliveryState,
    DeliveryTraits,
    LaneFilter,
    Limit,
)
from bot.model.intent import LEADERS_INTENTS, Intent
from bot.model.ledger import LedgerFilter, LedgerLine
from bot.model.pack import Kind, Option, Pack, Question, Step, Wording
from bot.model.people import (
    DEFAULT_LANGUAGE,
    Account,
    Address,
    Hours,
    Member,
    Partnership,
    Post,
    Profile,
    Role,
    School,
)
from bot.model.standing import Standing
from bot.model.workspace import LinkCode, Workspace

__all__ = [
    "ALL_LANES",
    "ASKS",
    "CARRIES_WORDS",
    "DEFAULT_LANGUAGE",
    "KINDS",
    "LEADERS_INTENTS",
    "NO_LIMIT",
    "Account",
    "Address",
    "Answer",
    "Challenge",
    "CheckIn",
    "CheckInState",
    "CommandName",
    "Cycle",
    "CycleState",
    "Delivery",
    "DeliveryKind",
    "DeliveryState",
    "DeliveryTraits",
    "Enrolment",
    "EnrolmentState",
    "FormName",
    "Hours",
    "Intent",
    "Kind",
    "LaneFilter",
    "LedgerFilter",
    "LedgerLine",
    "Limit",
    "LinkCode",
    "Member",
    "Note",
    "Option",
    "Pack",
    "Pairing",
    "PairingState",
    "Partnership",
    "Post",
    "Profile",
    "Question",
    "Reason",
    "Role",
    "School",
    "Seat",
    "Share",
    "Standing",
    "Step",
    "Wording",
    "Workspace",
]
