"""How often a portal's users asked on a day."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "embed_days",
        sa.Column("embed_id", sa.String(64), nullable=False),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("asked", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("embed_id", "day", name="pk_embed_days"),
        sa.ForeignKeyConstraint(["embed_id"], ["embeds.id"], name="fk_embed_days_embed_id", ondelete="CASCADE"),
    )


def downgrade() -> None:
    """Take it away."""
    op.drop_table("embed_days")
