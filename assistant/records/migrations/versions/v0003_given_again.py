"""What it takes to give an answer again: its response, the conversations of whoever asked, and requests made once."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make them. No table is made anew: in SQLite that would empty those that point at it."""
    op.add_column("answers", sa.Column("opening", sa.Text, nullable=False, server_default=""))
    op.add_column("answers", sa.Column("closing", sa.Text, nullable=False, server_default=""))
    op.create_index("ix_answers_session_id", "answers", ["session_id", "created_at"])
    op.drop_column("sessions", "turns")  # nothing was ever kept in it: the turns are the answers
    op.add_column("sessions", sa.Column("title", sa.Text, nullable=False, server_default=""))
    op.add_column("sessions", sa.Column("hidden_at", sa.BigInteger))
    op.create_index("ix_sessions_owner", "sessions", ["owner", "used_at", "id"])
    op.create_index("uq_feedback_answer_id_owner", "feedback", ["answer_id", "owner"], unique=True)
    op.create_index("ix_feedback_created_at", "feedback", ["created_at", "id"])
    op.create_table(
        "requests",
        sa.Column("owner", sa.String(200), nullable=False),
        sa.Column("key_hash", sa.String(64), nullable=False),
        sa.Column("body_hash", sa.String(64), nullable=False),
        sa.Column("begun_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.Column("answer_id", sa.String(64)),
        sa.Column("response", sa.Text),
        sa.PrimaryKeyConstraint("owner", "key_hash", name="pk_requests"),
    )
    op.create_index("ix_requests_expires_at", "requests", ["expires_at"])


def downgrade() -> None:
    """Take them away."""
    op.drop_table("requests")
    op.drop_index("ix_feedback_created_at", "feedback")
    op.drop_index("uq_feedback_answer_id_owner", "feedback")
    op.drop_index("ix_sessions_owner", "sessions")
    op.drop_column("sessions", "hidden_at")
    op.drop_column("sessions", "title")
    op.add_column("sessions", sa.Column("turns", sa.JSON, nullable=False, server_default="[]"))
    op.drop_index("ix_answers_session_id", "answers")
    op.drop_column("answers", "closing")
    op.drop_column("answers", "opening")
