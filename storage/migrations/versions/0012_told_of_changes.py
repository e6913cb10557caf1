"""Members are told when they are taken out of a cycle, and when its first day moves."""

from alembic import op

from storage.migration_helpers import allow_kinds

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

KINDS = (
    "'invitation', 'match', 'changed_match', 'alone', 'check_in', 'reminder', 'again', 'shared_answer', 'pool', "
    "'challenge', 'challenge_reply', 'note', 'nudge', 'together', 'request', 'new_address', 'link_request', "
    "'digest', 'cycle_end', 'closed'"
)
MORE_KINDS = KINDS.replace("'alone', ", "'alone', 'removed', 'first_day', ")


def upgrade() -> None:
    allow_kinds(KINDS, MORE_KINDS)


def downgrade() -> None:
    op.execute("DELETE FROM delivery WHERE kind IN ('removed', 'first_day')")
    allow_kinds(MORE_KINDS, KINDS)
