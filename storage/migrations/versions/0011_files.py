"""Rosters and calendars that somebody sent, until they say what becomes of them."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "kept_file",
        sa.Column("id", ID, nullable=False),
        sa.Column("member_id", ID, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_kept_file_member_id_member")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kept_file")),
        sa.UniqueConstraint("member_id", name=op.f("uq_kept_file_member_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_kept_file_sent_at"), "kept_file", ["sent_at"])


def downgrade() -> None:
    op.drop_table("kept_file")
