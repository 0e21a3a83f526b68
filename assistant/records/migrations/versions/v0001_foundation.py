"""The first tables.

A revision says what it makes in its own words and imports nothing of `tables.py`, which goes on changing.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_TABLES = ("sessions", "answers", "feedback", "keys", "embeds", "users", "signins", "audit")


def upgrade() -> None:
    """Make them."""
    _questions()
    _callers()
    _users()
    _audit()


def downgrade() -> None:
    """Take them away, those first that point at others."""
    for name in reversed(_TABLES):
        op.drop_table(name)


def _time(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=nullable)


def _questions() -> None:
    op.create_table(
        "sessions",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("owner", sa.String(200), nullable=False),
        sa.Column("turns", sa.JSON, nullable=False),
        _time("created_at"),
        _time("used_at"),
        sa.PrimaryKeyConstraint("id", name="pk_sessions"),
    )
    op.create_index("ix_sessions_used_at", "sessions", ["used_at"])
    op.create_table(
        "answers",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("owner", sa.String(200), nullable=False),
        sa.Column("session_id", sa.String(64)),
        sa.Column("generation", sa.String(80), nullable=False),
        _time("created_at"),
        sa.Column("inquiry", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_answers"),
    )
    op.create_index("ix_answers_owner", "answers", ["owner"])
    op.create_index("ix_answers_created_at", "answers", ["created_at"])
    op.create_table(
        "feedback",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("answer_id", sa.String(64), nullable=False),
        sa.Column("owner", sa.String(200), nullable=False),
        sa.Column("useful", sa.Boolean, nullable=False),
        sa.Column("reason", sa.String(40)),
        sa.Column("words", sa.Text),
        _time("created_at"),
        sa.PrimaryKeyConstraint("id", name="pk_feedback"),
        sa.ForeignKeyConstraint(["answer_id"], ["answers.id"], name="fk_feedback_answer_id", ondelete="CASCADE"),
    )
    op.create_index("ix_feedback_answer_id", "feedback", ["answer_id"])


def _callers() -> None:
    op.create_table(
        "keys",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("prefix", sa.String(16), nullable=False),
        sa.Column("mac", sa.String(64), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("department", sa.String(60)),
        sa.Column("labels", sa.JSON, nullable=False),
        sa.Column("scopes", sa.JSON, nullable=False),
        _time("created_at"),
        sa.Column("created_by", sa.String(200), nullable=False),
        _time("expires_at", nullable=True),
        _time("used_at", nullable=True),
        _time("revoked_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_keys"),
        sa.UniqueConstraint("prefix", name="uq_keys_prefix"),
    )
    op.create_table(
        "embeds",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("algorithm", sa.String(10), nullable=False),
        sa.Column("key_file", sa.Text, nullable=False),
        sa.Column("origins", sa.JSON, nullable=False),
        sa.Column("labels", sa.JSON, nullable=False),
        sa.Column("departments", sa.JSON, nullable=False),
        sa.Column("scopes", sa.JSON, nullable=False),
        sa.Column("daily_cap", sa.Integer),
        sa.Column("retention_days", sa.Integer),
        _time("created_at"),
        _time("changed_at"),
        sa.PrimaryKeyConstraint("id", name="pk_embeds"),
        sa.CheckConstraint("state in ('draft', 'active', 'paused')", name="ck_embeds_state"),
    )


def _users() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("password_hash", sa.String(200), nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("department", sa.String(60)),
        sa.Column("labels", sa.JSON, nullable=False),
        _time("created_at"),
        _time("signed_in_at", nullable=True),
        _time("disabled_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        sa.UniqueConstraint("name", name="uq_users_name"),
        sa.CheckConstraint("role in ('reader', 'editor', 'approver', 'auditor', 'admin')", name="ck_users_role"),
    )
    op.create_table(
        "signins",
        sa.Column("mac", sa.String(64), nullable=False),
        sa.Column("user_id", sa.String(64), nullable=False),
        _time("created_at"),
        _time("expires_at"),
        sa.PrimaryKeyConstraint("mac", name="pk_signins"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_signins_user_id", ondelete="CASCADE"),
    )
    op.create_index("ix_signins_user_id", "signins", ["user_id"])
    op.create_index("ix_signins_expires_at", "signins", ["expires_at"])


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column("seq", sa.BigInteger, nullable=False, autoincrement=False),
        _time("at"),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("subject", sa.String(200), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("prev", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_audit"),
    )
    for column in ("at", "kind", "subject"):
        op.create_index(f"ix_audit_{column}", "audit", [column])
