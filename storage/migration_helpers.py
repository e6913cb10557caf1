"""Changes to the schema that several migrations make."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


def allow_kinds(before: str, after: str) -> None:
    """Change the values that `delivery.kind` allows; both are quoted values with `, ` between, as in the schema."""
    if op.get_bind().dialect.name == "sqlite":
        # Changing only a check needs no copy of the table: https://www.sqlite.org/lang_altertable.html, section 8.
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
