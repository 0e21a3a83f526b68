"""A statement spoilt in one way each: its words, or the source that it names."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from assistant.evaluation.generated_claims.changed_words import (
    another_date,
    another_force,
    another_number,
    another_subject,
)
from assistant.evaluation.generated_claims.citing import told
from assistant.evaluation.generated_claims.facts import Fact, day_of
from assistant.parsing.addresses import bare_title, resolve_title
from assistant.proof.verifier import Claim
from assistant.schema.document import Document, DocumentKind, Level
from assistant.text.numerals import to_han


@dataclass(frozen=True, slots=True)
class Corpus:
    """What corruptions draw from."""

    documents: tuple[Document, ...]
    facts: tuple[Fact, ...]


def corruptions(fact: Fact, corpus: Corpus, rng: random.Random) -> Iterator[tuple[str, Claim]]:
    """The statement spoilt in one way each."""
    day = day_of(fact.document)
    makers: Sequence[tuple[str, Callable[[Fact, random.Random], str | None]]] = (
        ("number", another_number), ("date", another_date), ("modality", another_force), ("subject",
        another_subject),
    )  # fmt: skip
    for kind, make in makers:
        words = make(fact, rng)
        if words is not None and words != fact.words and letters(words) not in letters(fact.clause):
            yield kind, Claim(text=told(fact, words, rng), as_of=day)
    if title := _like_title(fact.document, corpus, rng):
        yield "title", Claim(text=told(fact, fact.words, rng, cite=f"《{title}》{fact.unit}"), as_of=day)
    if other := _other_clause(fact, rng):
        named = f"《{re.sub(r'（[^（）]*节选）$', '', fact.document.meta.title)}》"
        yield "clause", Claim(text=told(fact, fact.words, rng, cite=f"{named}{other}"), as_of=day)
    if version := _wrong_version(fact, rng):
        yield "version", version
    if quote := _invented(fact, corpus, rng):
        yield "quote", Claim(text=told(fact, f"“{quote}”", rng), as_of=day)


def letters(text: str) -> str:
    return re.sub(r"[\s，。；：、]", "", text)


def _like_title(document: Document, corpus: Corpus, rng: random.Random) -> str | None:
    """A title that looks like the document's and is no document's."""
    title = re.sub(r"（[^（）]*节选）$", "", bare_title(document.meta.title))
    made = [title.replace(a, b, 1) for a, b in _TITLE_TURNS if a in title]
    made += [f"陕西省{title}", f"{title}实施细则", f"{title}实施办法", f"{title}（试行）"]
    if len(title) > 6:
        made += [title[:-2] + "管理" + title[-2:], title[1:] if title[0] not in "关" else title.replace("高质量", "")]
    known = [d.meta for d in corpus.documents]
    fitting = [t for t in made if t != title and not resolve_title(t, known)]
    return rng.choice(fitting) if fitting else None


_TITLE_TURNS = (
    ("条例", "办法"), ("条例", "法"), ("条例", "规定"), ("法", "条例"), ("法", "办法"), ("办法", "条例"),
    ("通知", "意见"), ("管理", "监督"), ("促进", "保护"),
    ("商业银行", "政策性银行"), ("中小企业", "小微企业"), ("征信业", "征信"), ("存款", "储蓄"), ("监督",
    "监察"), ("个人信息", "个人数据"), ("陕西", "山西"),
    ("2024", "2023"), ("2024", "2025"), ("融资", "融通"), ("反洗钱", "反洗钱和反恐怖融资"), ("保险",
    "社会保险"), ("民法典", "民法总则"), ("处置", "打击"),
    ("支付", "结算"), ("电信网络诈骗", "网络诈骗"), ("银行业", "金融业"), ("小微企业", "中小企业"),
)  # fmt: skip


def _other_clause(fact: Fact, rng: random.Random) -> str | None:
    """Another article of the same document that does not say it; sometimes one that is not there."""
    level = Level.HEADING_2 if fact.document.meta.kind is DocumentKind.NOTICE else Level.ARTICLE
    words = letters(fact.words)
    pairs = {words[at : at + 2] for at in range(len(words) - 1)}
    others = []
    for clause in fact.document.walk():
        if clause.level is not level or clause.address == fact.unit:
            continue
        text = letters(clause.text)
        if sum(pair in text for pair in pairs) < 0.7 * len(pairs):
            others.append(clause.address)
    if level is Level.ARTICLE and rng.random() < 0.15:
        return f"第{to_han(rng.randint(900, 1999))}条"
    return rng.choice(others) if others else None


def _wrong_version(fact: Fact, rng: random.Random) -> Claim | None:
    meta = fact.document.meta
    title = re.sub(r"（[^（）]*节选）$", "", bare_title(meta.title))
    if meta.expired_on is not None:  # cited as if it held today
        return Claim(text=told(fact, fact.words, rng, cite=f"《{title}》（{meta.year}年）{fact.unit}"))
    if meta.effective_on is not None and rng.random() < 0.4:  # cited for a day before it held
        early = meta.effective_on - timedelta(days=rng.randint(30, 300))
        return Claim(text=told(fact, fact.words, rng, cite=f"《{title}》（{meta.year}年）{fact.unit}"), as_of=early)
    if meta.kind is DocumentKind.NOTICE:
        year = rng.choice((2021, 2022, 2023, 2025))
        return Claim(text=told(fact, fact.words, rng, cite=f"{year}年小微通知{fact.unit}"))
    years = {d.year for d in (meta.issued_on, meta.effective_on, *meta.revised_on) if d} | {meta.year}
    year = rng.choice([y for y in range(1996, 2025) if y not in years and y + 1 not in years])
    return Claim(text=told(fact, fact.words, rng, cite=f"{year}年《{title}》{fact.unit}"))


def _invented(fact: Fact, corpus: Corpus, rng: random.Random) -> str | None:
    """Words said to be quoted that stand nowhere in the clause."""
    other = rng.choice(corpus.facts).words
    half = fact.words[: max(8, len(fact.words) // 2)]
    made = rng.choice(
        (
            half + "，" + other[-10:],
            f"严格{fact.words}",
            fact.words[:-2] + "等事项",
            fact.words.replace("应当", "应当及时", 1),
        )
    )
    made = made.strip("，；")
    return made if letters(made) not in letters(fact.clause) and "“" not in made else None
