"""Deliveries that may have arrived twice, and decisions made while a delivery is under way."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "delivery", sa.Column("perhaps_twice", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.add_column("delivery", sa.Column("meanwhile", sa.String(length=32), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("delivery", "meanwhile")
    op.drop_column("delivery", "perhaps_twice")
