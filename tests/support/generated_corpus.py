"""Made-up official documents with their truth: every clause, its own words, and every cross-reference.

Written from `policies/LAYOUTS.md` and `docs/addresses.md` alone, not from the parser. Nothing here knows a file
format: `generated_files` renders a `Draft`, `generated_score` compares what was read with it. Offsets are counted
in the text without any white space, so that they hold for every rendering.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_DIGITS = "零一二三四五六七八九"


def han(value: int) -> str:
    """21 → 二十一, 110 → 一百一十, 103 → 一百零三."""
    hundreds, rest = divmod(value, 100)
    tens, ones = divmod(rest, 10)
    out = f"{_DIGITS[hundreds]}百" if hundreds else ""
    if tens:
        out += ("" if tens == 1 and not hundreds else _DIGITS[tens]) + "十"
    elif hundreds and ones:
        out += "零"
    return (out + _DIGITS[ones]) if ones else out


def squeeze(text: str) -> str:
    """`text` without white space and invisible characters."""
    return "".join(text.split()).replace("\u200b", "").replace("\ufeff", "")


@dataclass(frozen=True, slots=True)
class Line:
    """A paragraph of the page. `breaks`: places in `words` where an export tore it apart."""

    words: str
    style: str = "body"  # body, title, flag, number, note, heading, right, part (new page)
    label: str = ""  # （一）, 第三条: what Word may number by itself
    gap: str = ""  # between label and words
    series: str = ""  # which counter `label` belongs to; "" : never numbered automatically
    value: int = 0
    breaks: tuple[int, ...] = ()

    @property
    def text(self) -> str:
        return f"{self.label}{self.gap}{self.words}"


@dataclass(frozen=True, slots=True)
class Grid:
    """A table."""

    rows: tuple[tuple[str, ...], ...]


@dataclass(slots=True)
class TrueClause:
    """What a reader must find."""

    address: str
    level: str
    start: int
    end: int
    heading: str | None = None
    paragraphs: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "\n".join(self.paragraphs)


@dataclass(slots=True)
class Draft:
    """A document, its lines and its truth."""

    layout: str
    rng: random.Random
    blocks: list[Line | Grid] = field(default_factory=list)
    clauses: list[TrueClause] = field(default_factory=list)
    references: list[tuple[str, str]] = field(default_factory=list)  # from, to
    traps: list[str] = field(default_factory=list)  # squeezed beginnings of lines that begin no clause
    noise: set[str] = field(default_factory=set)  # squeezed lines that may stand in the text, outside of clauses
    tables: list[tuple[tuple[str, ...], ...]] = field(default_factory=list)
    squeezed: str = ""
    _open: list[TrueClause] = field(default_factory=list)

    def add(self, block: Line | Grid) -> int:
        """Append; the squeezed offset at which the words of the line begin."""
        self.blocks.append(block)
        if isinstance(block, Grid):
            self.tables.append(block.rows)
            self.squeezed += squeeze("".join("".join(row) for row in block.rows))
            at = len(self.squeezed)
        else:
            at = len(self.squeezed) + len(squeeze(block.label))
            self.squeezed += squeeze(block.text)
        for clause in self._open:
            clause.end = len(self.squeezed)
        return at

    @contextmanager
    def clause(
        self, address: str, level: str, *, heading: str | None = None, start: int | None = None
    ) -> Iterator[TrueClause]:
        """A clause that holds all that is added inside."""
        at = len(self.squeezed) if start is None else start
        made = TrueClause(address, level, at, at, heading)
        self.clauses.append(made)
        self._open.append(made)
        try:
            yield made
        finally:
            self._open.pop()

    def outside(self, words: str, style: str) -> None:
        """A line of the head or the end, in no clause."""
        self.add(Line(words, style))


# --- words --------------------------------------------------------------------------------------

_WHO = (
    "各银行业金融机构",
    "商业银行",
    "县级以上地方人民政府",
    "省级派出机构",
    "融资担保公司",
    "牵头部门",
    "经办网点",
    "保险公司",
    "行业主管单位",
)
_MUST = ("应当", "可以", "不得随意", "要主动", "须按季", "应及时")
_DO = ("完善", "核查", "优化", "落实", "公开", "改进", "评估", "调整", "报告", "统筹")
_WHAT = (
    "授信审批流程",
    "续贷办理条件",
    "首贷客户名单",
    "尽职免责清单",
    "风险分担安排",
    "信用信息共享范围",
    "服务收费目录",
    "内部考核指标",
    "应急转贷资金",
    "供应链融资台账",
)
_TAIL = (
    "并留存记录",
    "确保数据真实",
    "减轻企业负担",
    "不增加额外费用",
    "按规定时限办结",
    "接受社会监督",
    "兼顾成本与风险",
)
_AIM = (
    "优化资金投向",
    "压实主体责任",
    "加强名单管理",
    "改进服务方式",
    "健全统计监测",
    "拓宽首贷渠道",
    "用好信用信息",
    "稳定融资成本",
    "强化激励约束",
    "做实服务站点",
)
_AIM2 = ("助力产业升级", "提升服务质效", "防范化解风险", "形成工作合力", "支持创新发展", "扩大覆盖范围")
_LAWS = ("商业银行法", "中小企业促进法", "某市融资担保条例", "保险法")
_PLACES = ("青川", "临江", "云岭", "海宁", "南屏")


class Words:
    """Seeded words; no two headings of a document are alike."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self._used: set[str] = set()

    def pick(self, pool: tuple[str, ...]) -> str:
        return self.rng.choice(pool)

    def clause(self) -> str:
        return f"{self.pick(_WHO)}{self.pick(_MUST)}{self.pick(_DO)}{self.pick(_WHAT)}，{self.pick(_TAIL)}"

    def sentence(self) -> str:
        extra = f"，{self.pick(_TAIL)}" if self.rng.random() < 0.3 else ""
        numbers = f"，单户额度不超过{self.rng.randint(1, 9) * 100}万元" if self.rng.random() < 0.2 else ""
        return f"{self.clause()}{numbers}{extra}。"

    def body(self, most: int = 3) -> str:
        return "".join(self.sentence() for _ in range(self.rng.randint(1, most)))

    def heading(self) -> str:
        while True:
            words = self.pick(_AIM) + (f"，{self.pick(_AIM2)}" if self.rng.random() < 0.5 else "")
            if self.rng.random() < 0.3:
                words = f"{words}，{self.pick(_DO)}{self.pick(_WHAT)}"
            if words not in self._used:
                self._used.add(words)
                return words
            if len(self._used) > 60:
                self._used.clear()

    def lists(self) -> str:
        """A paragraph with 一是 … 二是, 第一，… which are words, not numbers."""
        if self.rng.random() < 0.5:
            return f"一是{self.clause()}；二是{self.clause()}；三是{self.clause()}。"
        return f"第一，{self.clause()}；第二，{self.clause()}。"


@dataclass(slots=True)
class Style:
    """How one document writes its numbers."""

    half: bool
    h1_mark: str
    h3_mark: str
    article_gap: str
    division_gap: str
    torn: float

    @classmethod
    def any(cls, rng: random.Random) -> Style:
        return cls(
            half=rng.random() < 0.3,
            h1_mark=rng.choice(("、", "、", "、", "、 ", "．")),
            h3_mark=rng.choice((".", ". ", "．", "、")),
            article_gap=rng.choice((" ", "\u3000", "\u2002", "  ")),
            division_gap=rng.choice((" ", "\u3000", "\u2002")),
            torn=rng.choice((0.0, 0.15, 0.35)),
        )

    def bracket(self, value: int) -> str:
        return f"({han(value)})" if self.half else f"（{han(value)}）"

    def bracket_digit(self, value: int) -> str:
        return f"({value})" if self.half else f"（{value}）"


class Maker:
    """Writes one document."""

    def __init__(self, layout: str, seed: int) -> None:
        self.rng = random.Random(f"{layout}/{seed}")
        self.draft = Draft(layout, self.rng)
        self.words = Words(self.rng)
        self.style = Style.any(self.rng)
        self.place = self.words.pick(_PLACES)

    # --- lines ---

    def line(
        self,
        words: str,
        *,
        label: str = "",
        gap: str = "",
        series: str = "",
        value: int = 0,
        force: tuple[int, ...] = (),
        whole: int = 0,
    ) -> int:
        """Add a paragraph, torn at `force` or by chance, but never before `whole`.

        A heading torn in two cannot be told from a heading on its own line and a paragraph below.
        """
        breaks = force
        if not force and len(words) - whole > 24 and self.rng.random() < self.style.torn:
            breaks = (self._tear(words, whole),)
        return self.draft.add(Line(words, "body", label, gap, series, value, tuple(b for b in breaks if b)))

    def _tear(self, words: str, whole: int) -> int:
        """A place inside a word, away from sentence ends, with no number behind it."""
        for _ in range(20):
            at = self.rng.randint(whole + 8, len(words) - 8)
            if not set(words[at - 2 : at + 2]) & set("。；：，！？、（）()《》第一二三四五六七八九十0123456789"):
                return at
        return 0

    def maybe(self, chance: float) -> bool:
        return self.rng.random() < chance

    # --- head and end ---

    def head(self, title: str, *, recipient: bool) -> None:
        draft, rng = self.draft, self.rng
        agency = f"{self.place}市金融监督管理局"
        if self.maybe(0.6):
            if self.maybe(0.5):
                draft.outside(f"{agency}文件", "flag")
            year, number = rng.randint(2012, 2025), rng.randint(1, 180)
            left, right = rng.choice(("〔〕", "[]", "（）"))
            draft.outside(f"{self.place}金监发{left}{year}{right}{number}号", "number")
        draft.outside(title, "title")
        if recipient:
            draft.outside("各区县金融工作办公室，各银行业金融机构：", "body")

    def end(self, attachments: tuple[str, ...] = ()) -> None:
        draft, rng = self.draft, self.rng
        if len(attachments) == 1:
            draft.outside(f"附件：{attachments[0]}", "body")
        elif attachments:
            draft.outside(f"附件：1.{attachments[0]}", "body")
            for number, name in enumerate(attachments[1:], start=2):
                draft.outside(f"{number}.{name}", "body")
        draft.outside(f"{self.place}市金融监督管理局", "right")
        year, month, day = rng.randint(2012, 2025), rng.randint(1, 12), rng.randint(1, 28)
        if self.maybe(0.3):
            han_year = "".join("〇一二三四五六七八九"[int(c)] for c in str(year))
            draft.outside(f"{han_year}年{han(month)}月{han(day)}日", "right")
        else:
            draft.outside(f"{year}年{month}月{day}日", "right")
        if self.maybe(0.3):
            draft.outside("（此件公开发布）", "body")

    def preamble(self, words: str) -> None:
        with self.draft.clause("序言", "preamble") as clause:
            self.line(words)
            clause.paragraphs.append(words)

    # --- notices ---

    def headings(self, *, prefix: str = "", most: int = 5, refer: bool = True) -> None:
        """一、（一）1.（1）: at least two of the first level."""
        rng, run_on, second = self.rng, self.maybe(0.4), 0
        known: list[str] = []
        for first in range(1, rng.randint(2, most) + 1):
            address = f"{prefix}{han(first)}、"
            below = rng.choice(("h2", "h2", "h3", "none"))
            second = second if run_on else 0
            shape = "own line" if below != "none" or self.maybe(0.4) else "run in"
            with self._heading(address, "heading_1", f"{han(first)}{self.style.h1_mark}", "h1", first, shape) as clause:
                if shape == "own line" and (below == "none" or self.maybe(0.4)):
                    self._continue(clause)
                if below == "h2":
                    for _ in range(rng.randint(2, 4)):
                        second += 1
                        known.append(f"{address}（{han(second)}）")
                        self._second(address, second, known if refer else [])
                elif below == "h3":
                    self._third(address)
            if below == "none" and self.maybe(0.4):
                self._reopen(clause)

    def _second(self, above: str, number: int, known: list[str]) -> None:
        address = f"{above}（{han(number)}）"
        below = self.maybe(0.3)
        shape = "own line" if below and self.maybe(0.5) else self.rng.choice(("run in", "run in", "stop"))
        with self._heading(address, "heading_2", self.style.bracket(number), "h2", number, shape) as clause:
            bare = shape != "run in" and not (below and shape == "own line")
            if bare or self.maybe(0.25):
                self._continue(clause)
            if len(known) > 2 and self.maybe(0.3):
                self._refer_in_notice(clause, known)
            if below:
                self._third(address)

    def _third(self, above: str) -> None:
        deeper = self.maybe(0.3)
        for number in range(1, self.rng.randint(2, 4) + 1):
            address = f"{above}{number}."
            mark = self.style.h3_mark
            with self._heading(address, "heading_3", f"{number}{mark}", "h3", number, "run in"):
                if deeper and number == 1:
                    for fourth in (1, 2):
                        with self._heading(
                            f"{address}（{fourth}）",
                            "heading_4",
                            self.style.bracket_digit(fourth),
                            "h4",
                            fourth,
                            "run in",
                        ):
                            pass

    @contextmanager
    def _heading(
        self, address: str, level: str, label: str, series: str, value: int, shape: str
    ) -> Iterator[TrueClause]:
        heading = self.words.heading()
        label, gap = label.rstrip(), label[len(label.rstrip()) :]
        with self.draft.clause(address, level, heading=heading) as clause:
            if shape == "run in":
                body = self.words.body()
                self.line(f"{heading}。{body}", label=label, gap=gap, series=series, value=value, whole=len(heading))
                clause.paragraphs.append(body)
            else:
                stop = "。" if shape == "stop" else ""
                self.draft.add(Line(heading + stop, "heading", label, gap, series, value))
            yield clause

    def _continue(self, clause: TrueClause) -> None:
        words = self.words.lists() if self.maybe(0.25) else self.words.body()
        self.line(words)
        clause.paragraphs.append(words)

    def _reopen(self, clause: TrueClause) -> None:
        """One more paragraph right behind a clause without children."""
        self._continue(clause)
        clause.end = len(self.draft.squeezed)

    def _refer_in_notice(self, clause: TrueClause, known: list[str]) -> None:
        target = self.rng.choice(known[:-1])
        part, _, item = target.rpartition("、")
        if self.maybe(0.5):
            before, after = "落实好", f"{self._brackets(item)}所列措施，{self.words.sentence()}"
            words = before + after
            self.draft.traps.append(squeeze(after)[:9])
            self.line(words, force=(len(before),))
        else:
            number = part.rpartition(" ")[2]
            words = f"对本通知第{number}部分第{item}项规定的事项，{self.words.sentence()}"
            self.line(words)
            self.draft.references.append((clause.address, target))
        clause.paragraphs.append(words)

    def _brackets(self, item: str) -> str:
        return item.replace("（", "(").replace("）", ")") if self.style.half else item

    # --- laws ---

    def articles(self, *, prefix: str = "", divisions: bool, count: int, name: str, start: int = 1) -> None:
        """第一条 and so on, in chapters or without."""
        self._seen: list[tuple[str, list[int]]] = []
        self._before = ""  # the article before, deleted or not
        self._name, self._number, self._last = name, start, start + count
        if not divisions:
            while self._number < self._last:
                self._article(prefix)
            return
        parts = self.maybe(0.25) and not prefix
        chapter = 0
        for part in (1, 2) if parts else (0,):
            address = f"{prefix}第{han(part)}编" if part else prefix
            with self._division(address, "part", f"第{han(part)}编", enabled=bool(part)):
                subparts = part == 2 and self.maybe(0.5)
                chapter = 0 if part else chapter
                for subpart in (1, 2) if subparts else (0,):
                    inner = f"{address}第{han(subpart)}分编" if subpart else address
                    with self._division(inner, "subpart", f"第{han(subpart)}分编", enabled=bool(subpart)):
                        for _ in range(2 if parts else self.rng.randint(2, 4)):
                            chapter += 1
                            self._chapter(inner, chapter, prefix, max(1, count // (6 if parts else 4)))
        while self._number < start + 3:
            self._article(prefix)

    def _chapter(self, above: str, number: int, prefix: str, articles: int) -> None:
        address = f"{above}第{han(number)}章"
        with self._division(address, "chapter", f"第{han(number)}章", enabled=True):
            sections = self.maybe(0.3)
            for section in (1, 2) if sections else (0,):
                inner = f"{address}第{han(section)}节" if section else address
                with self._division(inner, "section", f"第{han(section)}节", enabled=bool(section)):
                    for _ in range(articles):
                        self._article(prefix)

    @contextmanager
    def _division(self, address: str, level: str, label: str, *, enabled: bool) -> Iterator[None]:
        if not enabled:
            yield
            return
        name = self.rng.choice(("总则", "附则", "授信管理", "贷款调查", "监督检查", "法律责任", "服务规范", "风险控制"))
        shown = f"{name[0]}{self.rng.choice((' ', '　'))}{name[1]}" if len(name) == 2 and self.maybe(0.5) else name
        with self.draft.clause(address, level, heading=name):
            self.draft.add(Line(shown, "heading", label, self.style.division_gap))
            yield

    def _article(self, prefix: str) -> None:
        rng = self.rng
        number = self._number
        self._number += 1
        self._one_article(prefix, f"第{han(number)}条", number)
        if self.maybe(0.06):
            self._one_article(prefix, f"第{han(number)}条之一", 0)
        if rng.random() < 0.04 and self._number < self._last:
            label = f"第{han(self._number)}条"
            with self.draft.clause(f"{prefix}{label}", "article"):
                word = rng.choice(("（删去）", "（删除）"))
                with self.draft.clause(f"{prefix}{label}第一款", "paragraph") as gone:
                    self.draft.add(Line(word, "body", label, self.style.article_gap))
                gone.start += len(label)
            self._before = f"{prefix}{label}"
            self._number += 1

    def _one_article(self, prefix: str, label: str, value: int) -> None:
        address = f"{prefix}{label}"
        with self.draft.clause(address, "article"):
            shapes = [
                self.rng.choice(("plain", "plain", "plain", "items", "trap", "refer"))
                for _ in range(self.rng.choice((1, 1, 2, 2, 3)))
            ]
            for number, shape in enumerate(shapes, start=1):
                tag, gap = (label, self.style.article_gap) if number == 1 else ("", "")
                place = f"{address}第{han(number)}款"
                at = len(self.draft.squeezed) + len(tag)
                with self.draft.clause(place, "paragraph", start=at) as clause:
                    force: tuple[int, ...] = ()
                    if shape == "items":
                        words = f"{self.words.pick(_WHO)}办理前述业务，应当符合下列"
                        words += self.rng.choice(("条件", "要求")) + self.rng.choice("：：:")
                    elif shape == "trap" and self._seen:
                        words, force = self._trap(place, prefix)
                    elif shape == "refer":
                        words = self._refer(place, address, number, prefix)
                    else:
                        words = self.words.body(2)
                    self.line(
                        words, label=tag, gap=gap, series="article" if tag and value else "", value=value, force=force
                    )
                    clause.paragraphs.append(words)
                    if shape == "items":
                        self._items(place)
        self._seen.append((address, list(range(1, len(shapes) + 1))))
        self._before = address

    def _items(self, above: str) -> None:
        count = self.rng.randint(2, 6)
        nested = self.rng.randint(1, count) if self.maybe(0.25) else 0
        for number in range(1, count + 1):
            address = f"{above}第（{han(number)}）项"
            stop = "。" if number == count else "；"
            with self.draft.clause(address, "item") as clause:
                words = f"{self.words.pick(_DO)}{self.words.pick(_WHAT)}，{self.words.pick(_TAIL)}" + (
                    "：" if number == nested else stop
                )
                self.line(words, label=self.style.bracket(number), series="item", value=number)
                clause.paragraphs.append(words)
                for sub in (1, 2) if number == nested else ():
                    with self.draft.clause(f"{address}第{sub}目", "subitem") as inner:
                        words = f"{self.words.pick(_DO)}{self.words.pick(_WHAT)}" + (stop if sub == 2 else "；")
                        self.line(
                            words, label=f"{sub}{self.style.h3_mark.strip()}", gap="", series="subitem", value=sub
                        )
                        inner.paragraphs.append(words)

    def _trap(self, place: str, prefix: str) -> tuple[str, tuple[int, ...]]:
        """A reference that lands at the start of a line."""
        target, paragraphs = self.rng.choice(self._seen)
        local = target.removeprefix(prefix)
        chosen = self.rng.choice(paragraphs)
        before = self.rng.choice(
            (f"有前述情形的，依照本{self._name}", f"{self.words.pick(_WHO)}违反", f"{self.words.clause()}，并按照")
        )
        if self.maybe(0.5):
            after, to = f"{local}第{han(chosen)}款的规定处理，{self.words.sentence()}", f"{target}第{han(chosen)}款"
        else:
            after, to = f"{local}规定的，{self.words.sentence()}", target
        self.draft.traps.append(squeeze(after)[:12])
        self.draft.references.append((place, to))
        return before + after, (len(before),)

    def _refer(self, place: str, article: str, number: int, prefix: str) -> str:
        options: list[tuple[str, str]] = []
        law = self.words.pick(_LAWS)
        n = self.rng.randint(2, 130)
        options.append((f"依照《{law}》第{han(n)}条的规定，", f"{law}第{han(n)}条"))
        if number == 2:
            options.append(("前款规定的机构，", f"{article}第一款"))
            options.append(("除本条第一款规定外，", f"{article}第一款"))
        if self._seen:
            last = self._seen[-1][0]
            if number == 1:
                options.append(("前条规定的期限届满后，", self._before))
            options.append((f"适用{last.removeprefix(prefix)}规定的，", last))
        if len(self._seen) > 4 and not prefix:
            options.append(
                (f"除{self._seen[0][0]}至{self._seen[3][0]}另有规定外，", f"{self._seen[0][0]}至{self._seen[3][0]}")
            )
        words, to = self.rng.choice(options)
        self.draft.references.append((place, to))
        return words + self.words.sentence()

    def contents(self) -> None:
        """目录, which names chapters and is none."""
        if self.maybe(0.3):
            for words in ("目录", "第一章 总则………………1", "第二章 服务规范………………3", "第三章 附则………………12"):
                self.draft.noise.add(squeeze(words))
                self.draft.blocks.append(Line(words, "contents"))

    def note(self) -> None:
        year, month = self.rng.randint(2005, 2023), self.rng.randint(1, 12)
        self.draft.outside(
            f"（{year}年{month}月2日{self.place}市金融监督管理局令{year}年第3号公布 自{year + 1}年7月1日起施行）",
            "note",
        )

    # --- parts ---

    def attachment(self, number: int, name: str, *, many: bool) -> None:
        prefix = f"附件{number if many else ''}"
        label = self.rng.choice((f"附件{number}", f"附件{number}：", f"附件{han(number)}")) if many else "附件"
        with self.draft.clause(f"附件{number}" if many else "附件", "attachment", heading=name) as clause:
            self.draft.add(Line(label, "part"))
            self.draft.add(Line(name, "title"))
            shape = self.rng.choice(("headings", "table", "articles"))
            if shape == "headings":
                self.headings(prefix=f"{prefix} ", most=3, refer=False)
            elif shape == "articles":
                self.articles(prefix=prefix, divisions=False, count=4, name="规程")
            else:
                words = self.words.body(2)
                self.line(words)
                clause.paragraphs.append(words)
                header = ("序号", "指标名称", "本期数", "增减")
                rows = tuple(
                    (f"{i}.1", self.words.pick(_WHAT), str(self.rng.randint(10, 999)), f"-{self.rng.randint(1, 9)}")
                    for i in range(1, self.rng.randint(3, 6))
                )
                self.draft.add(Grid((header, *rows)))


# --- layouts ------------------------------------------------------------------------------------


def notice(seed: int) -> Draft:
    """通知、意见."""
    maker = Maker("notice", seed)
    kind = maker.rng.choice(("通知", "意见", "实施意见"))
    maker.head(f"关于做好{maker.place}市小微企业金融服务工作的{kind}", recipient=True)
    maker.preamble(
        f"为贯彻落实{maker.place}市有关部署，{maker.words.clause()}，现就有关事项"
        f"{'通知' if kind == '通知' else '提出意见'}如下："
    )
    maker.headings()
    maker.end()
    return maker.draft


def law(seed: int) -> Draft:
    """法律、条例、办法."""
    maker = Maker("law", seed)
    kind = maker.rng.choice(("办法", "条例", "规定"))
    divisions = maker.maybe(0.7)
    maker.draft.outside(f"{maker.place}市小微企业融资服务{kind}", "title")
    maker.note()
    if divisions:
        maker.contents()
    excerpt = not divisions and maker.maybe(0.3)
    maker.articles(
        divisions=divisions,
        count=maker.rng.randint(8, 36),
        name=kind,
        start=maker.rng.randint(90, 660) if excerpt else 1,
    )
    return maker.draft


def decision(seed: int) -> Draft:
    """决定: 一、二、三、 flat."""
    maker = Maker("decision", seed)
    maker.head(f"{maker.place}市人民代表大会常务委员会关于促进小微企业融资的决定", recipient=False)
    maker.preamble(f"为了{maker.words.pick(_AIM)}，{maker.words.clause()}，特作如下决定：")
    for number in range(1, maker.rng.randint(3, 9)):
        words = maker.words.clause() + "。"
        with maker.draft.clause(f"{han(number)}、", "heading_1") as clause:
            maker.line(
                words, label=f"{han(number)}{maker.style.h1_mark.strip()}", series="h1", value=number, whole=len(words)
            )
            clause.paragraphs.append(words)
    maker.end()
    return maker.draft


def questions(seed: int) -> Draft:
    """问答."""
    maker = Maker("questions", seed)
    colon = maker.rng.choice("：：:")
    maker.draft.outside(f"{maker.place}市小微企业续贷政策问答", "title")
    for number in range(1, maker.rng.randint(3, 8)):
        asked = maker.words.pick(_WHO) + maker.rng.choice(("能否", "是否应当", "怎样"))
        asked += f"{maker.words.pick(_DO)}{maker.words.pick(_WHAT)}？"
        with maker.draft.clause(f"问答第{han(number)}问", "question", heading=asked):
            maker.draft.add(Line(f"问{colon}{asked}"))
            with maker.draft.clause(f"问答第{han(number)}答", "answer") as clause:
                for at in range(maker.rng.choice((1, 1, 2, 3))):
                    words = maker.words.body()
                    maker.line(words, label=f"答{colon}" if at == 0 else "")
                    clause.paragraphs.append(words)
    return maker.draft


def issued(seed: int) -> Draft:
    """印发类: a cover notice, what it issues, and attachments."""
    maker = Maker("issued", seed)
    name = f"{maker.place}市小微企业贷款尽职免责管理办法"
    names = tuple(
        maker.rng.sample(("小微企业贷款统计说明", "尽职调查工作规程", "免责认定情况报送要求"), maker.rng.randint(1, 3))
    )
    maker.head(f"{maker.place}市金融监督管理局关于印发《{name}》的通知", recipient=True)
    with maker.draft.clause("序言", "preamble") as clause:
        words = f"现将《{name}》印发给你们，{maker.rng.choice(('请遵照执行。', '请结合实际认真贯彻落实。'))}"
        maker.draft.add(Line(words))
        clause.paragraphs.append(words)
    maker.end(names)
    with maker.draft.clause("印发件", "issued", heading=name):
        maker.draft.add(Line(name, "title"))
        maker.articles(divisions=maker.maybe(0.6), count=maker.rng.randint(6, 16), name="办法")
    for number, attached in enumerate(names, start=1):
        maker.attachment(number, attached, many=len(names) > 1)
    return maker.draft


LAYOUTS: dict[str, Callable[[int], Draft]] = {
    "notice": notice,
    "law": law,
    "decision": decision,
    "questions": questions,
    "issued": issued,
}
