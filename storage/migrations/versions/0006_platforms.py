"""Tokens by platform, not of Slack alone; a playground line's previews in one column."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
KEPT = ("name", "token", "installed_at")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "platform_token",
        sa.Column("platform", sa.String(length=32), nullable=False),
        sa.Column("workspace", sa.String(length=255), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("token", sa.LargeBinary(), nullable=False),
        sa.Column("installed_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("platform", "workspace", name=op.f("pk_platform_token")),
    )
    create_states("install_state")
    move("slack_installation", "platform_token", to_token)
    move("slack_state", "install_state", dict)
    op.drop_table("slack_state")
    op.drop_table("slack_installation")
    op.add_column("playground_line", sa.Column("previews", JSON, nullable=False, server_default="{}"))
    change_lines(to_previews, "slack", "teams")
    op.drop_column("playground_line", "slack")
    op.drop_column("playground_line", "teams")


def downgrade() -> None:
    for name in ("slack", "teams"):
        op.add_column("playground_line", sa.Column(name, sa.Text(), nullable=False, server_default=""))
    change_lines(from_previews, "previews")
    op.drop_column("playground_line", "previews")
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
    create_states("slack_state")
    move("platform_token", "slack_installation", to_installation)
    move("install_state", "slack_state", dict)
    op.drop_table("install_state")
    op.drop_table("platform_token")


def create_states(name: str) -> None:
    op.create_table(
        name,
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("fingerprint", name=op.f(f"pk_{name}")),
    )
    op.create_index(op.f(f"ix_{name}_expires_at"), name, ["expires_at"])


def move(source: str, target: str, changed: Callable[[dict[str, Any]], dict[str, Any] | None]) -> None:
    """Copy the rows from one table to the other; those for which `changed` returns None are left out."""
    bind = op.get_bind()
    found = bind.execute(sa.select(reflected(source))).mappings()
    rows = [row for each in found if (row := changed(dict(each))) is not None]
    if rows:
        bind.execute(sa.insert(reflected(target)), rows)


def to_token(row: dict[str, Any]) -> dict[str, Any]:
    # An organisation's installation has no team.
    workspace = row["team"] or row["enterprise"]
    return {"platform": "slack", "workspace": workspace, **{key: row[key] for key in KEPT}}


def to_installation(row: dict[str, Any]) -> dict[str, Any] | None:
    if row["platform"] != "slack":
        return None
    is_organisation = row["workspace"].startswith("E")
    return {
        "enterprise": row["workspace"] if is_organisation else "",
        "team": "" if is_organisation else row["workspace"],
        "bot": "",
        "scopes": "",
        **{key: row[key] for key in KEPT},
    }


def change_lines(changed: Callable[[dict[str, Any]], dict[str, Any]], *columns: str) -> None:
    """Fill the new columns of every line from its old ones, some at a time."""
    bind = op.get_bind()
    line = reflected("playground_line")
    some = sa.select(line.c.id, *(line.c[name] for name in columns)).order_by(line.c.id).limit(500)
    last = 0
    while rows := bind.execute(some.where(line.c.id > last)).mappings().all():
        for row in rows:
            bind.execute(sa.update(line).where(line.c.id == row["id"]).values(changed(dict(row))))
        last = rows[-1]["id"]


def to_previews(row: dict[str, Any]) -> dict[str, Any]:
    return {"previews": {name: row[name] for name in ("slack", "teams") if row[name]}}


def from_previews(row: dict[str, Any]) -> dict[str, Any]:
    return {name: row["previews"].get(name, "") for name in ("slack", "teams")}


def reflected(name: str) -> sa.Table:
    """Return the table as it is at this moment of the migration."""
    return sa.Table(name, sa.MetaData(), autoload_with=op.get_bind(), resolve_fks=False)
