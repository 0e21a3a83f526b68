"""Which versions of an instrument a question is about: one by its name or its day, or several to compare.

Rules read how versions are spoken of (2020年的、旧、修订前、现行、2023年3月那会儿、新旧、对应哪条), never what about.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from assistant.corpus.succession import title_key
from assistant.question.catalogue import Catalogue, Mention, years_of
from assistant.schema.document import DocumentMeta
from assistant.text.days import named_days

_OLD = (
    r"旧版?的?|老版?的?|原来的?|原版?的?|以前的?|过去的?|先前的?|从前的?"
    r"|(?:修订|修改|修正|改)(?:之)?前的?|已?(?:被)?(?:废止|失效|作废)的"
)
_NEW = r"新版?的?|新修订的?|新出的?|最新的?|现行的?|现在的?|如今的?|目前的?|当前的?|(?:修订|修改|修正)(?:之)?后的?"
_KIND = r"(?:法律|法(?![律规院定人])|条例|办法|规定|细则|意见|通知|规章|法规|版本|版)"
_OLD_BEFORE = re.compile(rf"(?:{_OLD})(?:那[部个份])?[《“]?(?:中华人民共和国)?$")
_NEW_BEFORE = re.compile(rf"(?:{_NEW})(?:这[部个份])?[《“]?(?:中华人民共和国)?$")
_OLD_BEHIND = re.compile(r"^[》”]?[（(]?(?:的)?(?:旧版|老版|原版|旧文本|修订前|修改前|旧的)")
_NEW_BEHIND = re.compile(r"^[》”]?[（(]?(?:的)?(?:新版|最新版|现行版|现行文本|修订后|修改后|新的)")
_GENERIC_OLD = re.compile(rf"(?:{_OLD})(?:那[部个份])?{_KIND}")
_GENERIC_NEW = re.compile(rf"(?:{_NEW})(?:这[部个份])?{_KIND}")
_GENERIC_YEAR = re.compile(rf"(?<!\d)((?:19|20)\d{{2}})\s*年?(?:版|修订)?的?(?:那[部个份])?{_KIND}")
_BOTH = re.compile(
    r"新旧|新老|(?:修订|修改|修正|改)(?:之)?前后|前后(?:两|版)|两(?:个)?(?:版本?|部)|两个文本|(?:19|20)\d{2}\s*年?版?的?[和与跟、及](?:19|20)\d{2}\s*年|与旧|和旧|跟旧|比旧|比原来|比以前"
)
_CHANGE = re.compile(
    r"变化|改动|改了|变了|变成|怎么变|(?:什么|何|啥|哪些|哪里)(?:的)?(?:不同|区别|差别|差异)|不一样"
    r"|对应|对照|相比|对比|比较|比起"
)
_NOW = re.compile(r"现在|如今|目前|眼下|今天|当前|现行|最新")
_WORDS = re.compile(  # words that set versions against each other
    r"(?:按照?|照|依照?)?(?:新旧|新老)(?:两[部版个])?(?:版本)?|(?:修订|修改|修正)(?:之)?前后(?:的)?"
    r"|(?<!\d)(?:19|20)\d{2}\s*年(?:版)?(?:的)?|有?(?:什么|何|啥|哪些)(?:变化|不同|区别|差别|改动)|怎么变(?:的|化)?"
    r"|对比一下|对照着?说?说?|在?(?:里|中)?(?:对应|是)(?:的是)?哪(?:一)?条|改了(?:吗|没有|什么|哪里)|相比"
    rf"|{_GENERIC_OLD.pattern}|{_GENERIC_NEW.pattern}"
)
_THEN = re.compile(
    r"(?:在|截至|截止)?(?:当时|那时候?|那会儿|彼时|那阵子|那一年)(?:还|仍)?(?:在用|有效|施行|适用)?的?(?:那[部个])?"
    r"|^(?:的时候|那会儿|那阵子|时|年)[，,]?|(?:还在用|仍有效)的(?:那[部个])?"
)
_OPENS = re.compile(r"(?:按照?|照|依照?|根据|依据)?[《“]?(?:中华人民共和国)?$")
_CLOSES = re.compile(r"^[》”]?(?:里|中|上)?(?:的规定)?")
_FEWEST = 6  # letters that a question without its version words must keep
_BESIDE = 6  # characters between a year and the title that it belongs to


class Families:
    """The texts of a library by instrument, versions and what took their place together, oldest first."""

    def __init__(self, documents: Iterable[DocumentMeta]) -> None:
        self._of: dict[str, tuple[DocumentMeta, ...]] = {}
        for family in _families(documents):
            for meta in family:
                if len(family) > len(self._of.get(meta.id, ())):
                    self._of[meta.id] = family

    def of(self, document_id: str) -> tuple[DocumentMeta, ...]:
        """The versions of that text, itself among them; empty when it has no other."""
        return self._of.get(document_id, ())

    def all(self) -> tuple[tuple[DocumentMeta, ...], ...]:
        """Every instrument of which more than one version is held."""
        return tuple(dict.fromkeys(self._of.values()))


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionsAsked:
    """What a question says of versions.

    `versions`: texts not in force today that it is about. `outdated`: texts in force today that it is not about.
    `named`: those of both kinds that it names. `pair`: an older and a newer version to set side by side.
    `day`: the day that it names and that has chosen a version.
    """

    versions: frozenset[str] = frozenset()
    outdated: frozenset[str] = frozenset()
    named: frozenset[str] = frozenset()
    pair: tuple[DocumentMeta, DocumentMeta] | None = None
    day: date | None = None


class VersionReader:
    """Question → VersionsAsked."""

    def __init__(self, catalogue: Catalogue, families: Families) -> None:
        self._catalogue = catalogue
        self._families = families

    def read(self, question: str, context: Sequence[str], *, today: date) -> VersionsAsked:
        """What `question` says of versions; a day, a name or a comparison may stand in the turns before it.

        Args:
            context: earlier turns that still matter, oldest first.
        """
        mentions = self.mentions(question, today=today)
        picked = tuple(
            dict.fromkeys(m.documents[0] for m in mentions if m.exact and self._families.of(m.documents[0].id))
        )
        family = self._family(mentions) or self._family(self._catalogue.mentions("".join(context)))
        if pair := self._pair(question, picked, family, today):
            others = frozenset(m.id for m in family if m not in pair)
            ids = frozenset(m.id for m in pair)
            return VersionsAsked(versions=ids, outdated=others, named=ids, pair=pair)
        if picked:
            ids = frozenset(m.id for m in picked)
            return VersionsAsked(versions=ids, named=ids)
        day = _day(question, context, self._catalogue, today)
        return self._on(day, today) if day else VersionsAsked()

    def without_titles(self, question: str) -> str:
        """`question` without the titles of documents in it; itself when little is left."""
        rest, at = "", 0
        for mention in self._catalogue.mentions(question):
            rest += _OPENS.sub("", question[at : mention.start])
            at = mention.end
        rest += _CLOSES.sub("", question[at:]) if at else question
        return rest if sum(c.isalnum() for c in rest) >= _FEWEST else question

    def mentions(self, question: str, *, today: date) -> tuple[Mention, ...]:
        """The documents that `question` names, each cut down to the version meant: 旧条例 and 2020年的条例 too."""
        titled = self._catalogue.mentions(question)
        found = []
        for mention in titled:
            meant = self._version_of(question, mention, today)
            found.append(replace(mention, documents=(meant,), exact=True) if meant else mention)
        family = self._family(titled)
        for start, end, meta in self._generic(question, family, today):
            if not any(m.start < end and start < m.end for m in titled):
                found.append(Mention(start=start, end=end, documents=(meta,), exact=True))
        return tuple(sorted(found, key=lambda m: m.start))

    def _generic(
        self, question: str, family: tuple[DocumentMeta, ...], today: date
    ) -> Iterator[tuple[int, int, DocumentMeta]]:
        """Versions named without their title: 旧条例, 新法, 2020年的条例."""
        for pattern, fits in ((_GENERIC_OLD, False), (_GENERIC_NEW, True)):
            meant = [m for m in family if m.in_force(today) is fits]
            yield from ((m.start(), m.end(), meant[-1]) for m in pattern.finditer(question) if meant)
        for match in _GENERIC_YEAR.finditer(question):
            pool = family or tuple(m for versions in self._families.all() for m in versions)
            dated = [m for m in pool if int(match[1]) in years_of(m)]
            if len(dated) == 1:
                yield match.start(), match.end(), dated[0]

    def _version_of(self, question: str, mention: Mention, today: date) -> DocumentMeta | None:
        """The one version that a mention means, when it says which."""
        family = self._families.of(mention.documents[0].id)
        if not family:
            return None
        if len(mention.documents) == 1 and mention.exact:
            return mention.documents[0]
        before, behind = question[: mention.start], question[mention.end :]
        old = _OLD_BEFORE.search(before) or _OLD_BEHIND.search(behind)
        new = _NEW_BEFORE.search(before) or _NEW_BEHIND.search(behind)
        meant = [m for m in family if m.in_force(today) is bool(new)] if old or new else []
        return meant[-1] if meant else None

    def _family(self, mentions: Sequence[Mention]) -> tuple[DocumentMeta, ...]:
        """The versions of the one instrument spoken of; empty when it is none or several."""
        families = tuple(dict.fromkeys(f for m in mentions for d in m.documents if (f := self._families.of(d.id))))
        return families[0] if len(families) == 1 else ()

    def _pair(
        self, question: str, picked: Sequence[DocumentMeta], family: tuple[DocumentMeta, ...], today: date
    ) -> tuple[DocumentMeta, DocumentMeta] | None:
        """The two versions to compare, the newer second."""
        if not family:
            return None
        own = [m for m in family if m in picked]
        if len(own) > 1:
            return own[0], own[-1]
        if not _BOTH.search(question) and not (own and _CHANGE.search(question)):
            return None
        newest = max(family, key=lambda m: (m.in_force(today), _began(m)))
        older = [m for m in family if _began(m) < _began(newest)]
        if own and own[0] != newest:
            return own[0], newest
        return (older[-1], newest) if older else None

    def _on(self, day: date, today: date) -> VersionsAsked:
        """The versions that held on `day`, where another one holds today."""
        held: set[str] = set()
        others: set[str] = set()
        for family in self._families.all():
            then = [m for m in family if m.in_force(day)]
            if then and not any(m.in_force(today) for m in then):
                held |= {m.id for m in then}
                others |= {m.id for m in family} - held
        return VersionsAsked(versions=frozenset(held), outdated=frozenset(others), day=day if held else None)


def without_versions(question: str) -> str:
    """`question` without the words that only set versions against each other; itself when little is left.

    >>> without_versions("新旧两部反洗钱法对身份资料保存有什么变化？")
    '反洗钱法对身份资料保存？'
    """
    rest = _WORDS.sub("", question)
    return rest if sum(c.isalnum() for c in rest) >= _FEWEST else question


def without_days(question: str, today: date) -> str:
    """`question` without the day that it is about; itself when little is left.

    >>> without_days("2023年3月供了货，照当时的条例，几天内付清？", date(2026, 5, 1))
    '供了货，照条例，几天内付清？'
    """
    rest = question
    for start, end, _ in reversed(named_days(question, today)):
        rest = rest[:start] + rest[end:]
    rest = _THEN.sub("", rest)
    return rest if sum(c.isalnum() for c in rest) >= _FEWEST else question


def _day(question: str, context: Sequence[str], catalogue: Catalogue, today: date) -> date | None:
    """The day that the last turn, else an earlier one, speaks of; 现在 ends the past."""
    for turn in (question, *reversed(context)):
        if _NOW.search(turn):
            return None
        days = [day for start, end, day in named_days(turn, today) if not _names(turn, start, end, catalogue)]
        if days:
            return days[-1] if days[-1] < today else None
    return None


def _names(turn: str, start: int, end: int, catalogue: Catalogue) -> bool:
    """Whether a year is part of a title or beside one (关于2024年…的通知): then it is a name and no day."""
    return any(
        m.start <= start < m.end or (m.exact and 0 <= m.start - end <= _BESIDE) for m in catalogue.mentions(turn)
    )


def _families(documents: Iterable[DocumentMeta]) -> Iterator[tuple[DocumentMeta, ...]]:
    """The versions of each instrument and what took their place, oldest first."""
    by_title: dict[str, list[DocumentMeta]] = {}
    for meta in sorted(documents, key=_by_age):
        by_title.setdefault(title_key(meta.title), []).append(meta)
    groups = {title: list(held) for title, held in by_title.items() if _are_versions(held)}
    for title, held in by_title.items():
        for meta in held:
            if heirs := _heirs(meta, by_title):
                known = groups.setdefault(title, [meta])
                known.extend(heir for heir in heirs if heir not in known)
    for group in groups.values():
        yield tuple(sorted(group, key=_by_age))


def _heirs(meta: DocumentMeta, by_title: Mapping[str, Sequence[DocumentMeta]]) -> list[DocumentMeta]:
    """The texts that took the place of `meta`, by its record."""
    named = by_title.get(_heir_key(meta), ()) if meta.superseded_by else ()
    return [heir for heir in named if heir.id != meta.id and _began(heir) >= _began(meta)]


def _by_age(meta: DocumentMeta) -> tuple[date, str]:
    return _began(meta), meta.id


def _are_versions(metas: Sequence[DocumentMeta]) -> bool:
    return len(metas) > 1 and len({_began(m) for m in metas}) > 1


def _began(meta: DocumentMeta) -> date:
    """Since when a version holds: the day of its last amendment, else when it took effect.

    The clause on its force still bears the day of the first version where a law was only amended in part.
    """
    days = [d for d in (meta.effective_on, meta.issued_on) if d is not None]
    return max(days, default=date.min)


def _heir_key(meta: DocumentMeta) -> str:
    """The title in 促进个体工商户发展条例（2022-11-01起） or 《…》（国务院令第802号），2025-06-01起."""
    words = meta.superseded_by or ""
    quoted = re.match(r"《(.+?)》", words)
    return title_key(quoted[1] if quoted else re.split(r"[（(，,]", words)[0])
