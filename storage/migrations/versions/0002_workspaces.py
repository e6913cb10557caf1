"""Linked workspaces, Slack installations, and a delivery kind for a shared chat."""

import sqlalchemy as sa
from alembic import op

from storage.migration_helpers import allow_kinds

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
KINDS = (
    "'invitation', 'match', 'changed_match', 'alone', 'check_in', 'reminder', 'again', 'shared_answer', 'pool', "
    "'challenge', 'challenge_reply', 'note', 'nudge', 'digest', 'cycle_end', 'closed'"
)
KINDS_AND_TOGETHER = KINDS.replace("'nudge', ", "'nudge', 'together', ")


def upgrade() -> None:
    op.create_table(
        "workspace",
        sa.Column("platform", sa.String(length=32), nullable=False),
        sa.Column("id", sa.String(length=255), nullable=False),
        sa.Column("partnership_id", ID, nullable=False),
        sa.Column("linked_at", MOMENT, nullable=False),
        sa.Column("gone_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_workspace_partnership_id_partnership")
        ),
        sa.PrimaryKeyConstraint("platform", "id", name=op.f("pk_workspace")),
    )
    op.create_index(op.f("ix_workspace_gone_at"), "workspace", ["gone_at"])
    op.create_table(
        "workspace_school",
        sa.Column("platform", sa.String(length=32), nullable=False),
        sa.Column("workspace_id", sa.String(length=255), nullable=False),
        sa.Column("school_id", ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["platform", "workspace_id"],
            ["workspace.platform", "workspace.id"],
            name=op.f("fk_workspace_school_platform_workspace_id_workspace"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["school_id"], ["school.id"], name=op.f("fk_workspace_school_school_id_school")
        ),
        sa.PrimaryKeyConstraint("platform", "workspace_id", "school_id", name=op.f("pk_workspace_school")),
    )
    op.create_index(op.f("ix_workspace_school_school_id"), "workspace_school", ["school_id"])
    op.create_table(
        "link_code",
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("school_id", ID, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_link_code_school_id_school")),
        sa.PrimaryKeyConstraint("fingerprint", name=op.f("pk_link_code")),
    )
    op.create_table(
        "slack_installation",
        sa.Column("enterprise", sa.String(length=64), nullable=False),
        sa.Column("team", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("bot", sa.String(length=64), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("token", sa.LargeBinary(), nullable=False),
        sa.Column("installed_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("enterprise", "team", name=op.f("pk_slack_installation")),
    )
    op.create_table(
        "slack_state",
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("fingerprint", name=op.f("pk_slack_state")),
    )
    op.create_index(op.f("ix_slack_state_expires_at"), "slack_state", ["expires_at"])
    allow_kinds(KINDS, KINDS_AND_TOGETHER)


def downgrade() -> None:
    op.execute("DELETE FROM delivery WHERE kind = 'together'")
    allow_kinds(KINDS_AND_TOGETHER, KINDS)
    for table in ("slack_state", "slack_installation", "link_code", "workspace_school", "workspace"):
        op.drop_table(table)
