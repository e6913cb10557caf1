"""Coordinators are told, once, that a workspace takes no messages for a time."""

import sqlalchemy as sa
from alembic import op

from storage.migration_helpers import allow_kinds

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

KINDS = (
    "'invitation', 'match', 'changed_match', 'alone', 'removed', 'first_day', 'check_in', 'reminder', 'again', "
    "'shared_answer', 'pool', 'challenge', 'challenge_reply', 'note', 'nudge', 'together', 'request', 'new_address', "
    "'link_request', 'digest', 'cycle_end', 'closed'"
)
MORE_KINDS = KINDS.replace("'digest', ", "'workspace_rests', 'digest', ")


def upgrade() -> None:
    allow_kinds(KINDS, MORE_KINDS)
    op.add_column("platform_note", sa.Column("told", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    op.drop_column("platform_note", "told")
    op.execute("DELETE FROM delivery WHERE kind = 'workspace_rests'")
    allow_kinds(MORE_KINDS, KINDS)
