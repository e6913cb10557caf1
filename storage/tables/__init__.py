"""All tables, with constraints that make invalid states impossible.

Foreign keys restrict deletion, because counts need schools, members, cycles and what happened in them. Only proposed
pairings are deleted, with their seats. `sqlite_autoincrement` never gives an id to a second row, since ids stand on
buttons.
"""

from storage.tables.base import metadata
from storage.tables.cycles import (
    CYCLE_IS_OPEN,
    answer,
    challenge,
    check_in,
    cycle,
    enrolment,
    note,
    pack_snapshot,
    pairing,
    seat,
)
from storage.tables.ledger import delivery, digest, event_seen, lane
from storage.tables.people import (
    address,
    address_claim,
    blocked,
    closed_day,
    held_words,
    kept_file,
    member,
    partnership,
    post,
    profile,
    school,
    seen_address,
    term,
)
from storage.tables.playground import playground_clock, playground_line
from storage.tables.workspaces import (
    install_state,
    link_code,
    link_request,
    platform_note,
    platform_token,
    workspace,
    workspace_school,
    wrong_code,
)

__all__ = [
    "CYCLE_IS_OPEN",
    "address",
    "address_claim",
    "answer",
    "blocked",
    "challenge",
    "check_in",
    "closed_day",
    "cycle",
    "delivery",
    "digest",
    "enrolment",
    "event_seen",
    "held_words",
    "install_state",
    "kept_file",
    "lane",
    "link_code",
    "link_request",
    "member",
    "metadata",
    "note",
    "pack_snapshot",
    "pairing",
    "partnership",
    "platform_note",
    "platform_token",
    "playground_clock",
    "playground_line",
    "post",
    "profile",
    "school",
    "seat",
    "seen_address",
    "term",
    "workspace",
    "workspace_school",
    "wrong_code",
]
