"""Addresses of people who are no members yet, second accounts and workspaces that wait for a yes, chats that refuse."""

import sqlalchemy as sa
from alembic import op

from storage.migration_helpers import allow_kinds

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
KINDS = (
    "'invitation', 'match', 'changed_match', 'alone', 'check_in', 'reminder', 'again', 'shared_answer', 'pool', "
    "'challenge', 'challenge_reply', 'note', 'nudge', 'together', 'request', 'digest', 'cycle_end', 'closed'"
)
MORE_KINDS = KINDS.replace("'request', ", "'request', 'new_address', 'link_request', ")
ASKED = sa.Enum(
    "asked",
    "accepted",
    "refused",
    name="questionstate",
    native_enum=False,
    create_constraint=True,
    length=32,
)


def upgrade() -> None:
    allow_kinds(KINDS, MORE_KINDS)
    op.add_column("address", sa.Column("blocked_times", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("address", sa.Column("blocked_at", MOMENT))
    op.add_column("workspace", sa.Column("linked_by", sa.String(255), nullable=False, server_default=""))
    op.add_column("link_code", sa.Column("asks", sa.Boolean(), nullable=False, server_default=sa.true()))
    create_seen_addresses()
    create_questions()
    op.create_table(
        "wrong_code",
        sa.Column("id", ID, nullable=False),
        sa.Column("platform", sa.String(32), nullable=False),
        sa.Column("workspace", sa.String(255), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wrong_code")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_wrong_code_expires_at"), "wrong_code", ["expires_at"])
    op.create_index(op.f("ix_wrong_code_platform_workspace"), "wrong_code", ["platform", "workspace"])


def create_seen_addresses() -> None:
    op.create_table(
        "seen_address",
        sa.Column("platform", sa.String(32), nullable=False),
        sa.Column("workspace", sa.String(255), nullable=False),
        sa.Column("user", sa.String(255), nullable=False),
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column("ask_at", MOMENT),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("platform", "workspace", "user", name=op.f("pk_seen_address")),
    )
    op.create_index(op.f("ix_seen_address_expires_at"), "seen_address", ["expires_at"])
    op.create_index(
        "ix_seen_address_to_ask",
        "seen_address",
        ["ask_at"],
        sqlite_where=sa.text("ask_at IS NOT NULL"),
        postgresql_where=sa.text("ask_at IS NOT NULL"),
    )


def create_questions() -> None:
    op.create_table(
        "address_claim",
        sa.Column("id", ID, nullable=False),
        sa.Column("member_id", ID, nullable=False),
        sa.Column("platform", sa.String(32), nullable=False),
        sa.Column("workspace", sa.String(255), nullable=False),
        sa.Column("user", sa.String(255), nullable=False),
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column("old_platform", sa.String(32), nullable=False),
        sa.Column("old_workspace", sa.String(255), nullable=False),
        sa.Column("old_user", sa.String(255), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("state", ASKED, nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_address_claim_member_id_member")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_address_claim")),
        sa.UniqueConstraint(
            "member_id",
            "platform",
            "workspace",
            "user",
            name=op.f("uq_address_claim_member_id_platform_workspace_user"),
        ),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_address_claim_member_id"), "address_claim", ["member_id"])
    op.create_index(op.f("ix_address_claim_made_at"), "address_claim", ["made_at"])
    op.create_table(
        "link_request",
        sa.Column("id", ID, nullable=False),
        sa.Column("platform", sa.String(32), nullable=False),
        sa.Column("workspace", sa.String(255), nullable=False),
        sa.Column("school_id", ID, nullable=False),
        sa.Column("user", sa.String(255), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("state", ASKED, nullable=False),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_link_request_school_id_school")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_link_request")),
        sa.UniqueConstraint(
            "platform", "workspace", "school_id", name=op.f("uq_link_request_platform_workspace_school_id")
        ),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_link_request_made_at"), "link_request", ["made_at"])


def downgrade() -> None:
    op.execute("DELETE FROM delivery WHERE kind IN ('new_address', 'link_request')")
    for table in ("wrong_code", "link_request", "address_claim", "seen_address"):
        op.drop_table(table)
    op.drop_column("link_code", "asks")
    op.drop_column("workspace", "linked_by")
    op.drop_column("address", "blocked_at")
    op.drop_column("address", "blocked_times")
    allow_kinds(MORE_KINDS, KINDS)
