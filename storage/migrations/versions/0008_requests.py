"""A request to a coordinator is a kind of delivery."""

from alembic import op

from storage.migration_helpers import allow_kinds

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

KINDS = (
    "'invitation', 'match', 'changed_match', 'alone', 'check_in', 'reminder', 'again', 'shared_answer', 'pool', "
    "'challenge', 'challenge_reply', 'note', 'nudge', 'together', 'digest', 'cycle_end', 'closed'"
)
KINDS_AND_REQUEST = KINDS.replace("'together', ", "'together', 'request', ")


def upgrade() -> None:
    allow_kinds(KINDS, KINDS_AND_REQUEST)


def downgrade() -> None:
    op.execute("DELETE FROM delivery WHERE kind = 'request'")
    allow_kinds(KINDS_AND_REQUEST, KINDS)
