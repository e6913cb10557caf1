"""A request to a coordinator is a kind of delivery."""

import sqlalchemy as sa
from alembic import op

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


def allow_kinds(before: str, after: str) -> None:
    """Change what `delivery.kind` may be."""
    if op.get_bind().dialect.name == "sqlite":
        # Changing a check alone needs no copy of the table: https://www.sqlite.org/lang_altertable.html, section 8.
        version = op.get_bind().execute(sa.text("PRAGMA schema_version")).scalar_one()
        op.execute("PRAGMA writable_schema = ON")
        changed = sa.text(
            "UPDATE sqlite_master SET sql = replace(sql, :before, :after) WHERE name = 'delivery'"
        )
        op.execute(changed.bindparams(before=before, after=after))
        op.execute(f"PRAGMA schema_version = {version + 1}")
        op.execute("PRAGMA writable_schema = OFF")
    else:
        op.drop_constraint(op.f("ck_delivery_deliverykind"), "delivery", type_="check")
        op.create_check_constraint(op.f("ck_delivery_deliverykind"), "delivery", f"kind IN ({after})")
