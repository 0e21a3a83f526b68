"""The tables, as the newest revision leaves them.

Times are whole milliseconds since 1970 in UTC: both databases keep them exactly. Nothing here holds a secret that
could be used: of keys and sign-ins there are MACs, of passwords argon2id hashes, of portals' keys the file's name.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# A conversation and whose it is; its turns are the answers that name it.
sessions = Table(
    "sessions",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("owner", String(200), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("used_at", BigInteger, nullable=False, index=True),
    Column("title", Text, nullable=False, server_default=""),  # masked
    Column("hidden_at", BigInteger),  # its owner dropped it
    Index("ix_sessions_owner", "owner", "used_at", "id"),
)

# An answer as it was given, and what it was asked with: enough to give it again. Its response, byte for byte, is
# `opening` `body` `closing`.
answers = Table(
    "answers",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("owner", String(200), nullable=False, index=True),
    Column("session_id", String(64)),
    Column("generation", String(80), nullable=False),
    Column("created_at", BigInteger, nullable=False, index=True),
    Column("inquiry", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("opening", Text, nullable=False, server_default=""),
    Column("closing", Text, nullable=False, server_default=""),
    Index("ix_answers_session_id", "session_id", "created_at"),
)

feedback = Table(
    "feedback",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("answer_id", String(64), ForeignKey("answers.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("owner", String(200), nullable=False),
    Column("useful", Boolean(create_constraint=False), nullable=False),
    Column("reason", String(40)),
    Column("words", Text),  # masked
    Column("created_at", BigInteger, nullable=False),
    Index("uq_feedback_answer_id_owner", "answer_id", "owner", unique=True),
    Index("ix_feedback_created_at", "created_at", "id"),
)

# Requests that are answered once however often they are sent; `response` is missing until they are.
requests = Table(
    "requests",
    metadata,
    Column("owner", String(200), primary_key=True),
    Column("key_hash", String(64), primary_key=True),
    Column("body_hash", String(64), nullable=False),
    Column("begun_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False, index=True),
    Column("answer_id", String(64)),
    Column("response", Text),
)

keys = Table(
    "keys",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("prefix", String(16), nullable=False, unique=True),
    Column("mac", String(64), nullable=False),
    Column("name", String(100), nullable=False),
    Column("department", String(60)),
    Column("labels", JSON, nullable=False),
    Column("scopes", JSON, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("created_by", String(200), nullable=False),
    Column("expires_at", BigInteger),
    Column("used_at", BigInteger),
    Column("revoked_at", BigInteger),
    Column("embed_id", String(64)),  # of a portal's back end, which gets codes for this portal and may do nothing else
)

# A portal that may mint tokens, and what it may hand on at most.
embeds = Table(
    "embeds",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("name", String(100), nullable=False),
    Column("state", String(10), nullable=False),
    Column("algorithm", String(10), nullable=False),
    Column("key_file", Text, nullable=False),
    Column("origins", JSON, nullable=False),
    Column("labels", JSON, nullable=False),
    Column("departments", JSON, nullable=False),
    Column("scopes", JSON, nullable=False),
    Column("daily_cap", Integer),
    Column("retention_days", Integer),
    Column("created_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    CheckConstraint("state in ('draft', 'active', 'paused')", name="state"),
)

# How often a portal's users asked on a day (of Beijing).
embed_days = Table(
    "embed_days",
    metadata,
    Column("embed_id", String(64), ForeignKey("embeds.id", ondelete="CASCADE"), primary_key=True),
    Column("day", String(10), primary_key=True),
    Column("asked", Integer, nullable=False),
)

# A code that a portal's page exchanges for a token, once.
embed_codes = Table(
    "embed_codes",
    metadata,
    Column("mac", String(64), primary_key=True),
    Column("embed_id", String(64), ForeignKey("embeds.id", ondelete="CASCADE"), nullable=False),
    Column("origin", String(300), nullable=False),
    Column("claims", JSON, nullable=False),
    Column("expires_at", BigInteger, nullable=False, index=True),
)

# Tokens that hold no longer, until they would have expired anyway.
revoked_tokens = Table(
    "revoked_tokens",
    metadata,
    Column("embed_id", String(64), ForeignKey("embeds.id", ondelete="CASCADE"), primary_key=True),
    Column("jti", String(100), primary_key=True),
    Column("forget_at", BigInteger, nullable=False, index=True),
)

users = Table(
    "users",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("name", String(60), nullable=False, unique=True),
    Column("password_hash", String(200), nullable=False),
    Column("role", String(20), nullable=False),
    Column("department", String(60)),
    Column("labels", JSON, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("signed_in_at", BigInteger),
    Column("disabled_at", BigInteger),
    Column("external_id", String(64)),  # who they are to the sign-in of the house; `None`: a password here
    Index("ix_users_external_id", "external_id", unique=True),
    CheckConstraint("role in ('reader', 'editor', 'approver', 'auditor', 'admin')", name="role"),
)

signins = Table(
    "signins",
    metadata,
    Column("mac", String(64), primary_key=True),
    Column("user_id", String(64), ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False, index=True),
)

# A change to the library that somebody prepares and somebody else lets out; its file lies in the data folder.
changes = Table(
    "changes",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("kind", String(20), nullable=False),
    Column("state", String(20), nullable=False),
    Column("name", Text),
    Column("sha256", String(64)),
    Column("document_id", Text),
    Column("facts", JSON, nullable=False),
    Column("corrections", JSON, nullable=False),
    Column("report", JSON, nullable=False),
    Column("note", Text, nullable=False),
    Column("created_by", String(200), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    Column("decided_by", String(200)),
    Column("decided_at", BigInteger),
    Column("decision", Text, nullable=False),
    Column("generation", String(80)),
    Index("ix_changes_state", "state", "changed_at"),
)

# A change of facts or tables that one person asks for and another decides on. `before` and `after` are what it
# changes, each `null` where there is nothing.
amendments = Table(
    "amendments",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("kind", String(20), nullable=False),
    Column("subject", String(300), nullable=False),
    Column("author", String(200), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("before", JSON),
    Column("after", JSON),
    Column("note", Text, nullable=False, server_default=""),
    Column("state", String(12), nullable=False),
    Column("decided_by", String(200)),
    Column("decided_at", BigInteger),
    Column("generation", String(80)),  # that it led to
    Column("fault", Text),  # why it could not be carried out
    Column("undoes", String(64)),
    CheckConstraint("state in ('waiting', 'applying', 'active', 'rejected', 'withdrawn', 'failed')", name="state"),
    Index("ix_amendments_kind", "kind", "created_at", "id"),
    Index("ix_amendments_state", "state"),
)

# Who looks after a document, and when it is to be looked at again.
document_care = Table(
    "document_care",
    metadata,
    Column("document_id", String(300), primary_key=True),
    Column("owner", String(60)),
    Column("recheck_on", String(10)),  # an ISO date
    Column("changed_by", String(200), nullable=False),
    Column("changed_at", BigInteger, nullable=False),
)

# What was published together, and what takes it back.
publications = Table(
    "publications",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("generation", String(80), nullable=False, index=True),
    Column("before", String(80)),  # the generation served until then
    Column("at", BigInteger, nullable=False, index=True),
    Column("by", String(200), nullable=False),
    Column("reason", Text, nullable=False),
    Column("summary", JSON, nullable=False),
)

# A talk that somebody exported: what its statements rest on, with masked words.
talks_exported = Table(
    "talks_exported",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("owner", String(200), nullable=False, index=True),
    Column("at", BigInteger, nullable=False, index=True),
    Column("register", Text, nullable=False),
)

# `body` is what was hashed, byte for byte; `at`, `kind` and `subject` stand in it too and are here for searching.
audit = Table(
    "audit",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False, index=True),
    Column("kind", String(40), nullable=False),
    Column("subject", String(200), nullable=False),
    Column("body", Text, nullable=False),
    Column("prev", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Index("ix_audit_kind", "kind"),
    Index("ix_audit_subject", "subject"),
)

# What became of questions that belong together and were not answered. Known by the first of them that somebody took
# up, and holding on to `questions`: those stay together, whatever joins them later. No words of theirs are kept here.
gaps = Table(
    "gaps",
    metadata,
    Column("id", String(64), primary_key=True),  # of the answer
    Column("questions", JSON, nullable=False),  # ids of answers
    Column("assigned_to", String(200)),
    Column("note", Text),  # masked
    Column("closed_with", String(10)),
    Column("closed_with_id", String(200)),  # of the document or gold case
    Column("closed_at", BigInteger),
    Column("closed_by", String(200)),  # who closed it
    Column("changed_at", BigInteger, nullable=False, index=True),
    CheckConstraint("closed_with in ('document', 'gold')", name="closed_with"),
)

# Questions proposed for the gold set, and what a second person said of them.
gold_candidates = Table(
    "gold_candidates",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("question", Text, nullable=False),  # masked
    Column("addresses", JSON, nullable=False),  # pairs of document and address
    Column("outcome", String(20), nullable=False),
    Column("note", Text),  # masked
    Column("gap_id", String(64)),  # what it closes
    Column("feedback_id", String(64)),
    Column("author", String(200), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("state", String(20), nullable=False),
    Column("reviewer", String(200)),
    Column("reviewed_at", BigInteger),
    Column("remark", Text),  # masked
    Index("ix_gold_candidates_state", "state", "created_at", "id"),
    CheckConstraint("state in ('waiting', 'accepted', 'returned', 'withdrawn')", name="state"),
)
