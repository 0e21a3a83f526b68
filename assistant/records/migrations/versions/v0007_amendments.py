"""Changes that one person asks for and another decides on, and who looks after a document."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "amendments",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("subject", sa.String(300), nullable=False),
        sa.Column("author", sa.String(200), nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("before", sa.JSON),
        sa.Column("after", sa.JSON),
        sa.Column("note", sa.Text, nullable=False, server_default=""),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("decided_by", sa.String(200)),
        sa.Column("decided_at", sa.BigInteger),
        sa.Column("generation", sa.String(80)),
        sa.Column("fault", sa.Text),
        sa.Column("undoes", sa.String(64)),
        sa.PrimaryKeyConstraint("id", name="pk_amendments"),
        sa.CheckConstraint(
            "state in ('waiting', 'applying', 'active', 'rejected', 'withdrawn', 'failed')", name="ck_amendments_state"
        ),
    )
    op.create_index("ix_amendments_kind", "amendments", ["kind", "created_at", "id"])
    op.create_index("ix_amendments_state", "amendments", ["state"])
    op.create_table(
        "document_care",
        sa.Column("document_id", sa.String(300), nullable=False),
        sa.Column("owner", sa.String(60)),
        sa.Column("recheck_on", sa.String(10)),
        sa.Column("changed_by", sa.String(200), nullable=False),
        sa.Column("changed_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("document_id", name="pk_document_care"),
    )


def downgrade() -> None:
    """Take them away."""
    op.drop_table("document_care")
    op.drop_index("ix_amendments_state", "amendments")
    op.drop_index("ix_amendments_kind", "amendments")
    op.drop_table("amendments")
