"""Lease tokens, and a lane for each workspace."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
ATTEMPTS = "CONSTRAINT ck_delivery_attempts CHECK (attempts >= 0)"
IN_A_LANE = "lane IS NULL OR state = 'queued'"
AND_IN_A_LANE = f"{ATTEMPTS}, \n\tCONSTRAINT ck_delivery_queued_in_a_lane CHECK ({IN_A_LANE})"


def upgrade() -> None:
    op.add_column("delivery", sa.Column("lease", sa.String(length=32), nullable=False, server_default=""))
    op.add_column("delivery", sa.Column("lane", sa.String(length=300), nullable=True))
    if op.get_bind().dialect.name == "sqlite":
        replace_in_table("delivery", ATTEMPTS, AND_IN_A_LANE)
    else:
        op.create_check_constraint(op.f("ck_delivery_queued_in_a_lane"), "delivery", IN_A_LANE)
    index_where("ix_delivery_unlined", "delivery", ["due_at", "id"], "state = 'queued' AND lane IS NULL")
    index_where(
        "ix_delivery_lined_up", "delivery", ["lane", "due_at", "id"], "state = 'queued' AND lane IS NOT NULL"
    )
    op.create_table(
        "lane",
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("gap_ms", sa.Integer(), nullable=False),
        sa.Column("burst", sa.Integer(), nullable=False),
        sa.Column("tat", MOMENT, nullable=False),
        sa.Column("ready_at", MOMENT, nullable=True),
        sa.CheckConstraint("gap_ms >= 0 AND burst >= 1", name=op.f("ck_lane_a_pace")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_lane")),
    )
    index_where("ix_lane_awake", "lane", ["ready_at"], "ready_at IS NOT NULL")


def downgrade() -> None:
    op.drop_table("lane")
    op.drop_index("ix_delivery_lined_up", "delivery")
    op.drop_index("ix_delivery_unlined", "delivery")
    if op.get_bind().dialect.name == "sqlite":
        replace_in_table("delivery", AND_IN_A_LANE, ATTEMPTS)
    else:
        op.drop_constraint(op.f("ck_delivery_queued_in_a_lane"), "delivery", type_="check")
    op.drop_column("delivery", "lane")
    op.drop_column("delivery", "lease")


def index_where(name: str, table: str, columns: list[str], condition: str) -> None:
    where = sa.text(condition)
    op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)


def replace_in_table(table: str, before: str, after: str) -> None:
    """Change a check without copying the table: https://www.sqlite.org/lang_altertable.html, section 8."""
    version = op.get_bind().execute(sa.text("PRAGMA schema_version")).scalar_one()
    op.execute("PRAGMA writable_schema = ON")
    changed = sa.text("UPDATE sqlite_master SET sql = replace(sql, :before, :after) WHERE name = :table")
    op.execute(changed.bindparams(before=before, after=after, table=table))
    op.execute(f"PRAGMA schema_version = {version + 1}")
    op.execute("PRAGMA writable_schema = OFF")
