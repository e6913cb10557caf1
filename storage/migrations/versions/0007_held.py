"""Typed answers that are held before they go, the messages they were typed in, and kept text sealed."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("check_in", sa.Column("held_until", MOMENT))
    op.add_column("answer", sa.Column("message", sa.Text()))
    op.add_column("note", sa.Column("message", sa.Text()))
    op.add_column("note", sa.Column("receiver_id", ID))
    # Kept text waits for minutes: what is in the store unsealed goes.
    op.drop_table("held_words")
    create_held_words(sa.Column("sealed", sa.LargeBinary(), nullable=False))
    op.add_column("held_words", sa.Column("message", sa.Text()))
    op.create_index(op.f("ix_held_words_held_at"), "held_words", ["held_at"])


def downgrade() -> None:
    op.drop_table("held_words")
    create_held_words(sa.Column("text", sa.Text(), nullable=False))
    op.drop_column("note", "receiver_id")
    op.drop_column("note", "message")
    op.drop_column("answer", "message")
    op.drop_column("check_in", "held_until")


def create_held_words(words: sa.Column[object]) -> None:
    op.create_table(
        "held_words",
        sa.Column("member_id", ID, nullable=False),
        words,
        sa.Column("held_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_held_words_member_id_member")),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_held_words")),
    )
