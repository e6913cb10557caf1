"""An index of a cycle's deliveries by kind, for pruning."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(op.f("ix_delivery_cycle_id_kind"), "delivery", ["cycle_id", "kind"])
    op.drop_index(op.f("ix_delivery_cycle_id"), "delivery")


def downgrade() -> None:
    op.create_index(op.f("ix_delivery_cycle_id"), "delivery", ["cycle_id"])
    op.drop_index(op.f("ix_delivery_cycle_id_kind"), "delivery")
