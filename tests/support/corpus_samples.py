"""Short texts of our own making, and a corpus folder to put them into."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from assistant.corpus.release import CorpusRelease, Workshop
from assistant.models.protocols import Embedder
from assistant.models.standins import HashingEmbedder
from assistant.text.segment import Segmenter, policy_terms

NOTICE = (
    "关于做好小微企业续贷服务的通知\n\n"
    "各银行机构要按照本通知做好服务。\n\n"
    "一、主动对接\n各银行机构要在贷款到期前一个月联系客户。\n\n"
    "二、规范收费\n各银行机构不得向小微企业收取承诺费。\n"
)
_RULES = """---
title: 小额贷款管理办法
issuer: 某监管局
doc_number: 某令〔{year}〕1号
date: {year}-01-05
effective: {year}-03-01
status: 现行有效
---

# 小额贷款管理办法

第一条 为了规范小额贷款，制定本办法。

第二条 单户贷款余额不得超过{limit}万元。

第三条 贷款人应当公示：
（一）利率；
（二）{item}。

第四条 本办法自{year}年3月1日起施行。{ends}
"""


def rules(year: int, *, limit: str = "五百", item: str = "期限", ends: str = "") -> str:
    """A statute of four articles, in its version of `year`."""
    return _RULES.format(year=year, limit=limit, item=item, ends=ends)


@cache
def segmenter() -> Segmenter:
    """The product's own, read once."""
    return Segmenter(policy_terms())


class Corner:
    """A corpus folder with an index beside it."""

    def __init__(self, root: Path) -> None:
        self.corpus = root / "corpus"
        self.indexes = root / "indexes"
        self.inbox = root / "inbox"
        for folder in (self.corpus, self.inbox):
            folder.mkdir()

    def put(self, name: str, text: str | bytes) -> Path:
        """A file to be added."""
        path = self.inbox / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
        return path

    def release(self, embedder: Callable[[], Embedder] = HashingEmbedder) -> CorpusRelease:
        workshop = Workshop(indexes_dir=self.indexes, embedder=embedder, segmenter=segmenter)
        return CorpusRelease(self.corpus, workshop, now=lambda: datetime(2026, 5, 6, 7, 8, 9, tzinfo=UTC))

    @property
    def served(self) -> str | None:
        """The generation that is served."""
        pointer = self.indexes / "CURRENT"
        return pointer.read_text(encoding="ascii").split()[0] if pointer.exists() else None

    @property
    def files(self) -> list[str]:
        """What lies in the corpus."""
        return sorted(p.name for p in self.corpus.iterdir() if not p.name.startswith("."))

    def state(self) -> dict[str, bytes]:
        """Every byte of the corpus, and which generation is served."""
        held = {p.name: p.read_bytes() for p in self.corpus.iterdir() if p.is_file()}
        return {**held, "served": (self.served or "").encode()}
