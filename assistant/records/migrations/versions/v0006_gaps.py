"""What becomes of questions that were not answered, and questions proposed for the gold set."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "gaps",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("questions", sa.JSON, nullable=False),
        sa.Column("assigned_to", sa.String(200)),
        sa.Column("note", sa.Text),
        sa.Column("closed_with", sa.String(10)),
        sa.Column("closed_with_id", sa.String(200)),
        sa.Column("closed_at", sa.BigInteger),
        sa.Column("closed_by", sa.String(200)),
        sa.Column("changed_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_gaps"),
        sa.CheckConstraint("closed_with in ('document', 'gold')", name="ck_gaps_closed_with"),
    )
    op.create_index("ix_gaps_changed_at", "gaps", ["changed_at"])
    op.create_table(
        "gold_candidates",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("question", sa.Text, nullable=False),
        sa.Column("addresses", sa.JSON, nullable=False),
        sa.Column("outcome", sa.String(20), nullable=False),
        sa.Column("note", sa.Text),
        sa.Column("gap_id", sa.String(64)),
        sa.Column("feedback_id", sa.String(64)),
        sa.Column("author", sa.String(200), nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("reviewer", sa.String(200)),
        sa.Column("reviewed_at", sa.BigInteger),
        sa.Column("remark", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_gold_candidates"),
        sa.CheckConstraint(
            "state in ('waiting', 'accepted', 'returned', 'withdrawn')", name="ck_gold_candidates_state"
        ),
    )
    op.create_index("ix_gold_candidates_state", "gold_candidates", ["state", "created_at", "id"])


def downgrade() -> None:
    """Take them away; the gold set itself is a file and stays."""
    op.drop_table("gold_candidates")
    op.drop_table("gaps")
