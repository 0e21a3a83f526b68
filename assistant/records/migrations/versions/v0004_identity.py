"""Codes that portals exchange for tokens, tokens that were taken back, and users who sign in elsewhere."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables and columns."""
    op.create_table(
        "embed_codes",
        sa.Column("mac", sa.String(64), nullable=False),
        sa.Column("embed_id", sa.String(64), nullable=False),
        sa.Column("origin", sa.String(300), nullable=False),
        sa.Column("claims", sa.JSON, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("mac", name="pk_embed_codes"),
        sa.ForeignKeyConstraint(["embed_id"], ["embeds.id"], name="fk_embed_codes_embed_id", ondelete="CASCADE"),
    )
    op.create_index("ix_embed_codes_expires_at", "embed_codes", ["expires_at"])
    op.create_table(
        "revoked_tokens",
        sa.Column("embed_id", sa.String(64), nullable=False),
        sa.Column("jti", sa.String(100), nullable=False),
        sa.Column("forget_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("embed_id", "jti", name="pk_revoked_tokens"),
        sa.ForeignKeyConstraint(["embed_id"], ["embeds.id"], name="fk_revoked_tokens_embed_id", ondelete="CASCADE"),
    )
    op.create_index("ix_revoked_tokens_forget_at", "revoked_tokens", ["forget_at"])
    op.add_column("keys", sa.Column("embed_id", sa.String(64)))
    op.add_column("users", sa.Column("external_id", sa.String(64)))
    op.create_index("ix_users_external_id", "users", ["external_id"], unique=True)


def downgrade() -> None:
    """Take them away; keys of portals and users from elsewhere go too, since without the columns they mean more."""
    op.execute("DELETE FROM keys WHERE embed_id IS NOT NULL")
    op.execute("DELETE FROM users WHERE external_id IS NOT NULL")
    op.drop_index("ix_users_external_id", "users")
    op.drop_column("users", "external_id")
    op.drop_column("keys", "embed_id")
    op.drop_table("revoked_tokens")
    op.drop_table("embed_codes")
