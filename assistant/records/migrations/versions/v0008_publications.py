"""What was published together, and talks that were exported."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "publications",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("generation", sa.String(80), nullable=False),
        sa.Column("before", sa.String(80)),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("by", sa.String(200), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("summary", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_publications"),
    )
    op.create_index("ix_publications_generation", "publications", ["generation"])
    op.create_index("ix_publications_at", "publications", ["at"])
    op.create_table(
        "talks_exported",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("owner", sa.String(200), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("register", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_talks_exported"),
    )
    op.create_index("ix_talks_exported_owner", "talks_exported", ["owner"])
    op.create_index("ix_talks_exported_at", "talks_exported", ["at"])


def downgrade() -> None:
    """Take them away."""
    op.drop_table("talks_exported")
    op.drop_table("publications")
