"""The first tables."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
MOMENT = sa.DateTime(timezone=True)


def one_of(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def upgrade() -> None:
    create_people()
    create_cycles()
    create_words()
    create_ledger()


def create_people() -> None:
    """Create partnerships, schools, members, profiles and addresses."""
    op.create_table(
        "partnership",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partnership")),
        sa.UniqueConstraint("name", name=op.f("uq_partnership_name")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "member",
        sa.Column("id", ID, nullable=False),
        sa.Column("partnership_id", ID, nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("given_name", sa.Text(), nullable=False),
        sa.Column("family_name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("hours_days", sa.String(length=7), nullable=False),
        sa.Column("hours_start", sa.Time(), nullable=True),
        sa.Column("hours_end", sa.Time(), nullable=True),
        sa.Column("paused_until", sa.Date(), nullable=True),
        sa.Column("erased_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "erased_at IS NULL OR (NOT active AND given_name = '' AND family_name = '' AND email = '')",
            name=op.f("ck_member_erased_is_nobody"),
        ),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_member_email_is_lower_case")),
        sa.CheckConstraint("hours_end > hours_start", name=op.f("ck_member_hours_start_before_they_end")),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_member_partnership_id_partnership")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member")),
        sa.UniqueConstraint("partnership_id", "source_id", name=op.f("uq_member_partnership_id_source_id")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_member_email", "member", ["email"])
    op.create_table(
        "school",
        sa.Column("id", ID, nullable=False),
        sa.Column("partnership_id", ID, nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.Column("holidays", sa.String(length=16), nullable=False),
        sa.Column("opens", sa.Time(), nullable=False),
        sa.Column("closes", sa.Time(), nullable=False),
        sa.Column("ask_at", sa.Time(), nullable=False),
        sa.Column("lead_name", sa.Text(), nullable=False),
        sa.Column("lead_contact", sa.Text(), nullable=False),
        sa.CheckConstraint("closes > opens", name=op.f("ck_school_opens_before_it_closes")),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_school_partnership_id_partnership")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_school")),
        sa.UniqueConstraint("partnership_id", "source_id", name=op.f("uq_school_partnership_id_source_id")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "address",
        sa.Column("platform", sa.String(length=32), nullable=False),
        sa.Column("workspace", sa.String(length=255), nullable=False),
        sa.Column("user", sa.String(length=255), nullable=False),
        sa.Column("member_id", ID, nullable=False),
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column("last_used_at", MOMENT, nullable=False),
        sa.Column("live", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_address_member_id_member")),
        sa.PrimaryKeyConstraint("platform", "workspace", "user", name=op.f("pk_address")),
    )
    op.create_index("ix_address_member_id", "address", ["member_id"])
    op.create_table(
        "blocked",
        sa.Column("member_a", ID, nullable=False),
        sa.Column("member_b", ID, nullable=False),
        sa.Column("blocked_at", MOMENT, nullable=False),
        sa.CheckConstraint("member_a < member_b", name=op.f("ck_blocked_a_before_b")),
        sa.ForeignKeyConstraint(["member_a"], ["member.id"], name=op.f("fk_blocked_member_a_member")),
        sa.ForeignKeyConstraint(["member_b"], ["member.id"], name=op.f("fk_blocked_member_b_member")),
        sa.PrimaryKeyConstraint("member_a", "member_b", name=op.f("pk_blocked")),
    )
    op.create_index("ix_blocked_member_b", "blocked", ["member_b"])
    op.create_table(
        "closed_day",
        sa.Column("school_id", ID, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_closed_day_school_id_school")),
        sa.PrimaryKeyConstraint("school_id", "day", name=op.f("pk_closed_day")),
    )
    op.create_table(
        "held_words",
        sa.Column("member_id", ID, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("held_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_held_words_member_id_member")),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_held_words")),
    )
    op.create_table(
        "post",
        sa.Column("member_id", ID, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("school_id", ID, nullable=False),
        sa.Column("role", one_of("role", "teacher", "coordinator", "principal"), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_post_member_id_member")),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_post_school_id_school")),
        sa.PrimaryKeyConstraint("member_id", "position", name=op.f("pk_post")),
        sa.UniqueConstraint("member_id", "school_id", "role", name=op.f("uq_post_member_id_school_id_role")),
    )
    op.create_index("ix_post_school_id", "post", ["school_id"])
    op.create_table(
        "profile",
        sa.Column("member_id", ID, nullable=False),
        sa.Column("subjects", JSON, nullable=False),
        sa.Column("phase", sa.Text(), nullable=False),
        sa.Column("offers", JSON, nullable=False),
        sa.Column("needs", JSON, nullable=False),
        sa.Column("slots", JSON, nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_profile_member_id_member")),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_profile")),
    )
    op.create_table(
        "term",
        sa.Column("school_id", ID, nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.CheckConstraint("last_day >= first_day", name=op.f("ck_term_first_day_first")),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_term_school_id_school")),
        sa.PrimaryKeyConstraint("school_id", "first_day", name=op.f("pk_term")),
    )


def create_cycles() -> None:
    """Create cycles, enrolments and pairings."""
    op.create_table(
        "pack_snapshot",
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("files", JSON, nullable=False),
        sa.PrimaryKeyConstraint("fingerprint", name=op.f("pk_pack_snapshot")),
    )
    op.create_table(
        "cycle",
        sa.Column("id", ID, nullable=False),
        sa.Column("partnership_id", ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("goal", sa.Text(), nullable=False),
        sa.Column("pack_id", sa.String(length=64), nullable=False),
        sa.Column("pack_version", sa.String(length=32), nullable=False),
        sa.Column("pack_fingerprint", sa.String(length=64), nullable=False),
        sa.Column(
            "state",
            one_of("cyclestate", "draft", "inviting", "matched", "running", "paused", "closed"),
            nullable=False,
        ),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("group_size", sa.Integer(), nullable=False),
        sa.Column("started_by", ID, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("confirmed_at", MOMENT, nullable=True),
        sa.Column("closed_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "(state = 'closed') = (closed_at IS NOT NULL)", name=op.f("ck_cycle_closed_at_a_moment")
        ),
        sa.CheckConstraint("group_size IN (2, 3)", name=op.f("ck_cycle_two_or_three")),
        sa.ForeignKeyConstraint(
            ["pack_fingerprint"],
            ["pack_snapshot.fingerprint"],
            name=op.f("fk_cycle_pack_fingerprint_pack_snapshot"),
        ),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_cycle_partnership_id_partnership")
        ),
        sa.ForeignKeyConstraint(["started_by"], ["member.id"], name=op.f("fk_cycle_started_by_member")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cycle")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_cycle_partnership_id", "cycle", ["partnership_id"])
    op.create_index(
        "uq_cycle_open",
        "cycle",
        ["partnership_id"],
        unique=True,
        sqlite_where=sa.text("state <> 'closed'"),
        postgresql_where=sa.text("state <> 'closed'"),
    )
    op.create_table(
        "enrolment",
        sa.Column("cycle_id", ID, nullable=False),
        sa.Column("member_id", ID, nullable=False),
        sa.Column("school_id", ID, nullable=False),
        sa.Column(
            "state", one_of("enrolmentstate", "invited", "accepted", "declined", "left"), nullable=False
        ),
        sa.Column("invited_at", MOMENT, nullable=False),
        sa.Column("answered_at", MOMENT, nullable=True),
        sa.Column("asked_for_another", sa.Boolean(), nullable=False),
        sa.Column("in_cohort", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["cycle_id"], ["cycle.id"], name=op.f("fk_enrolment_cycle_id_cycle")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_enrolment_member_id_member")),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_enrolment_school_id_school")),
        sa.PrimaryKeyConstraint("cycle_id", "member_id", name=op.f("pk_enrolment")),
        sa.UniqueConstraint(
            "cycle_id", "member_id", "school_id", name=op.f("uq_enrolment_cycle_id_member_id_school_id")
        ),
    )
    op.create_index("ix_enrolment_member_id", "enrolment", ["member_id"])
    op.create_table(
        "pairing",
        sa.Column("id", ID, nullable=False),
        sa.Column("cycle_id", ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", one_of("pairingstate", "proposed", "live", "ended"), nullable=False),
        sa.Column("reasons", JSON, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("live_since", MOMENT, nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "(state = 'ended') = (ended_at IS NOT NULL)", name=op.f("ck_pairing_ended_at_a_moment")
        ),
        sa.CheckConstraint(
            "state <> 'live' OR live_since IS NOT NULL", name=op.f("ck_pairing_live_since_a_moment")
        ),
        sa.ForeignKeyConstraint(["cycle_id"], ["cycle.id"], name=op.f("fk_pairing_cycle_id_cycle")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pairing")),
        sa.UniqueConstraint("cycle_id", "number", name=op.f("uq_pairing_cycle_id_number")),
        sa.UniqueConstraint("id", "cycle_id", name=op.f("uq_pairing_id_cycle_id")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "seat",
        sa.Column("pairing_id", ID, autoincrement=False, nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("cycle_id", ID, nullable=False),
        sa.Column("member_id", ID, nullable=False),
        sa.Column("school_id", ID, nullable=False),
        sa.Column("live", sa.Boolean(), nullable=False),
        sa.CheckConstraint("place BETWEEN 1 AND 3", name=op.f("ck_seat_place")),
        sa.ForeignKeyConstraint(
            ["cycle_id", "member_id", "school_id"],
            ["enrolment.cycle_id", "enrolment.member_id", "enrolment.school_id"],
            name=op.f("fk_seat_cycle_id_member_id_school_id_enrolment"),
        ),
        sa.ForeignKeyConstraint(
            ["pairing_id", "cycle_id"],
            ["pairing.id", "pairing.cycle_id"],
            name=op.f("fk_seat_pairing_id_cycle_id_pairing"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("pairing_id", "place", name=op.f("pk_seat")),
        sa.UniqueConstraint("pairing_id", "member_id", name=op.f("uq_seat_pairing_id_member_id")),
    )
    op.create_index("ix_seat_cycle_id_member_id_school_id", "seat", ["cycle_id", "member_id", "school_id"])
    op.create_index(
        "uq_seat_one_live_pairing",
        "seat",
        ["cycle_id", "member_id"],
        unique=True,
        sqlite_where=sa.text("live"),
        postgresql_where=sa.text("live"),
    )
    op.create_index(
        "uq_seat_schools_differ",
        "seat",
        ["pairing_id", "school_id"],
        unique=True,
        sqlite_where=sa.text("place <= 2"),
        postgresql_where=sa.text("place <= 2"),
    )


def create_words() -> None:
    """Create check-ins, answers, challenges and notes."""
    op.create_table(
        "check_in",
        sa.Column("id", ID, nullable=False),
        sa.Column("cycle_id", ID, nullable=False),
        sa.Column("member_id", ID, nullable=False),
        sa.Column("pairing_id", ID, nullable=True),
        sa.Column("step", sa.String(length=64), nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("closes_at", MOMENT, nullable=False),
        sa.Column("state", one_of("checkinstate", "planned", "open", "answered", "skipped"), nullable=False),
        sa.Column("asking", sa.String(length=64), nullable=True),
        sa.Column("suggested_at", MOMENT, nullable=True),
        sa.CheckConstraint("closes_at > due_at", name=op.f("ck_check_in_due_before_it_closes")),
        sa.ForeignKeyConstraint(
            ["cycle_id", "member_id"],
            ["enrolment.cycle_id", "enrolment.member_id"],
            name=op.f("fk_check_in_cycle_id_member_id_enrolment"),
        ),
        sa.ForeignKeyConstraint(
            ["pairing_id", "cycle_id"],
            ["pairing.id", "pairing.cycle_id"],
            name=op.f("fk_check_in_pairing_id_cycle_id_pairing"),
        ),
        sa.ForeignKeyConstraint(
            ["pairing_id", "member_id"],
            ["seat.pairing_id", "seat.member_id"],
            name=op.f("fk_check_in_pairing_id_member_id_seat"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_check_in")),
        sa.UniqueConstraint(
            "cycle_id", "step", "member_id", name=op.f("uq_check_in_cycle_id_step_member_id")
        ),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_check_in_member_id_cycle_id", "check_in", ["member_id", "cycle_id"])
    op.create_index("ix_check_in_pairing_id_step", "check_in", ["pairing_id", "step"])
    op.create_table(
        "answer",
        sa.Column("check_in_id", ID, nullable=False),
        sa.Column("question", sa.String(length=64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("share", one_of("share", "me", "partner", "pool"), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("given_at", MOMENT, nullable=False),
        sa.Column("edited_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["check_in_id"], ["check_in.id"], name=op.f("fk_answer_check_in_id_check_in")
        ),
        sa.PrimaryKeyConstraint("check_in_id", "question", name=op.f("pk_answer")),
    )
    op.create_table(
        "challenge",
        sa.Column("id", ID, nullable=False),
        sa.Column("check_in_id", ID, nullable=False),
        sa.Column("pairing_id", ID, nullable=False),
        sa.Column("giver_id", ID, nullable=True),
        sa.Column("receiver_id", ID, nullable=True),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("suggestion", sa.Text(), nullable=False),
        sa.Column("given_at", MOMENT, nullable=False),
        sa.Column("released_at", MOMENT, nullable=True),
        sa.Column("reply", sa.Text(), nullable=False),
        sa.Column("next_step", sa.Text(), nullable=False),
        sa.Column("next_step_on", sa.Date(), nullable=True),
        sa.Column("replied_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "evidence <> '' AND question <> ''",
            name=op.f("ck_challenge_evidence_and_question"),
        ),
        sa.CheckConstraint("giver_id <> receiver_id", name=op.f("ck_challenge_not_to_oneself")),
        sa.CheckConstraint(
            "replied_at IS NULL OR released_at IS NOT NULL",
            name=op.f("ck_challenge_released_before_the_reply"),
        ),
        sa.ForeignKeyConstraint(
            ["check_in_id"], ["check_in.id"], name=op.f("fk_challenge_check_in_id_check_in")
        ),
        sa.ForeignKeyConstraint(
            ["pairing_id", "giver_id"],
            ["seat.pairing_id", "seat.member_id"],
            name=op.f("fk_challenge_pairing_id_giver_id_seat"),
        ),
        sa.ForeignKeyConstraint(
            ["pairing_id", "receiver_id"],
            ["seat.pairing_id", "seat.member_id"],
            name=op.f("fk_challenge_pairing_id_receiver_id_seat"),
        ),
        sa.ForeignKeyConstraint(["pairing_id"], ["pairing.id"], name=op.f("fk_challenge_pairing_id_pairing")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_challenge")),
        sa.UniqueConstraint("check_in_id", name=op.f("uq_challenge_check_in_id")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_challenge_giver_id", "challenge", ["giver_id"])
    op.create_index("ix_challenge_pairing_id", "challenge", ["pairing_id"])
    op.create_index("ix_challenge_receiver_id", "challenge", ["receiver_id"])
    op.create_table(
        "note",
        sa.Column("id", ID, nullable=False),
        sa.Column("pairing_id", ID, nullable=False),
        sa.Column("author_id", ID, nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("sent_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["pairing_id", "author_id"],
            ["seat.pairing_id", "seat.member_id"],
            name=op.f("fk_note_pairing_id_author_id_seat"),
        ),
        sa.ForeignKeyConstraint(["pairing_id"], ["pairing.id"], name=op.f("fk_note_pairing_id_pairing")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_note")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_note_author_id", "note", ["author_id"])
    op.create_index("ix_note_pairing_id", "note", ["pairing_id"])


def create_ledger() -> None:
    """Create deliveries, digests, handled events and the playground."""
    op.create_table(
        "delivery",
        sa.Column("id", ID, nullable=False),
        sa.Column("partnership_id", ID, nullable=False),
        sa.Column("cycle_id", ID, nullable=True),
        sa.Column("member_id", ID, nullable=False),
        sa.Column(
            "kind",
            one_of(
                "deliverykind",
                "invitation",
                "match",
                "changed_match",
                "alone",
                "check_in",
                "reminder",
                "again",
                "shared_answer",
                "pool",
                "challenge",
                "challenge_reply",
                "note",
                "nudge",
                "digest",
                "cycle_end",
                "closed",
            ),
            nullable=False,
        ),
        sa.Column("subject_id", ID, nullable=False),
        sa.Column("occurrence", sa.String(length=64), nullable=False),
        sa.Column("dedupe_key", sa.String(length=160), nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=True),
        sa.Column(
            "state",
            one_of("deliverystate", "queued", "sending", "sent", "failed", "dropped", "uncertain"),
            nullable=False,
        ),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("settled_at", MOMENT, nullable=True),
        sa.Column("lease_until", MOMENT, nullable=True),
        sa.CheckConstraint(
            "(state = 'sending') = (lease_until IS NOT NULL)", name=op.f("ck_delivery_sending_on_a_lease")
        ),
        sa.CheckConstraint(
            "state NOT IN ('sent', 'failed', 'dropped') OR settled_at IS NOT NULL",
            name=op.f("ck_delivery_settled_at_a_moment"),
        ),
        sa.CheckConstraint("attempts >= 0", name=op.f("ck_delivery_attempts")),
        sa.ForeignKeyConstraint(["cycle_id"], ["cycle.id"], name=op.f("fk_delivery_cycle_id_cycle")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_delivery_member_id_member")),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_delivery_partnership_id_partnership")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
        sa.UniqueConstraint("dedupe_key", name=op.f("uq_delivery_dedupe_key")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_delivery_cycle_id", "delivery", ["cycle_id"])
    op.create_index("ix_delivery_member_id", "delivery", ["member_id"])
    op.create_index("ix_delivery_partnership_id", "delivery", ["partnership_id"])
    op.create_index(
        "ix_delivery_queued",
        "delivery",
        ["due_at"],
        sqlite_where=sa.text("state = 'queued'"),
        postgresql_where=sa.text("state = 'queued'"),
    )
    op.create_index(
        "ix_delivery_sending",
        "delivery",
        ["lease_until"],
        sqlite_where=sa.text("state = 'sending'"),
        postgresql_where=sa.text("state = 'sending'"),
    )
    op.create_index("ix_delivery_subject_id_kind", "delivery", ["subject_id", "kind"])
    op.create_index(
        "ix_delivery_uncertain",
        "delivery",
        ["id"],
        sqlite_where=sa.text("state = 'uncertain'"),
        postgresql_where=sa.text("state = 'uncertain'"),
    )
    op.create_table(
        "digest",
        sa.Column("cycle_id", ID, nullable=False),
        sa.Column("school_id", ID, nullable=False),
        sa.Column("week", sa.Date(), nullable=False),
        sa.Column("figures", JSON, nullable=False),
        sa.ForeignKeyConstraint(["cycle_id"], ["cycle.id"], name=op.f("fk_digest_cycle_id_cycle")),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_digest_school_id_school")),
        sa.PrimaryKeyConstraint("cycle_id", "school_id", "week", name=op.f("pk_digest")),
    )
    op.create_table(
        "event_seen",
        sa.Column("platform", sa.String(length=32), nullable=False),
        sa.Column("workspace", sa.String(length=255), nullable=False),
        sa.Column("event_id", sa.String(length=255), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("platform", "workspace", "event_id", name=op.f("pk_event_seen")),
    )
    op.create_index("ix_event_seen_at", "event_seen", ["at"])
    op.create_table(
        "playground_clock",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("now", MOMENT, nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_playground_clock_only_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_playground_clock")),
    )
    op.create_table(
        "playground_line",
        sa.Column("id", ID, nullable=False),
        sa.Column("workspace", sa.String(length=255), nullable=False),
        sa.Column("person", sa.String(length=255), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("author", sa.String(length=8), nullable=False),
        sa.Column("delivery_id", ID, nullable=True),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("plain", sa.Text(), nullable=False),
        sa.Column("slack", sa.Text(), nullable=False),
        sa.Column("teams", sa.Text(), nullable=False),
        sa.Column("replaced", sa.Boolean(), nullable=False),
        sa.CheckConstraint("author IN ('bot', 'person')", name=op.f("ck_playground_line_author")),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["delivery.id"], name=op.f("fk_playground_line_delivery_id_delivery")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_playground_line")),
        sa.UniqueConstraint("delivery_id", name=op.f("uq_playground_line_delivery_id")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_playground_line_workspace_person", "playground_line", ["workspace", "person"])


def downgrade() -> None:
    for table in (
        "playground_line",
        "playground_clock",
        "event_seen",
        "digest",
        "delivery",
        "note",
        "challenge",
        "answer",
        "check_in",
        "seat",
        "pairing",
        "enrolment",
        "cycle",
        "pack_snapshot",
        "term",
        "profile",
        "post",
        "held_words",
        "closed_day",
        "blocked",
        "address",
        "school",
        "member",
        "partnership",
    ):
        op.drop_table(table)
