"""The sheet 说明: of which day the table is, what its columns mean, and what it does not cover."""

from __future__ import annotations

from collections.abc import Iterator

from assistant.products.duties.columns import BANK
from assistant.products.duties.model import Degree, DutyTable

_MEANINGS = (
    ("一行是什么", "一个主体、一个行为、一个条件。同样的话在几处出现的，合为一行，其余各处列在“其他出处”。"),
    ("编号", "文件编号#条款-文字的校验值。条款改号而文字不变的，校验值不变，重新导出时认得出。"),
    ("主体", "原文写明的，照原文；原句没有写、承上一句的，写“未载明（承上文：…）”，上一句列在“承上文出处”；"
     "都没有的，写“未载明”。程序不推测由谁负责。"),
    ("主体类别", "按主体的名称归类，只为筛选和计数，不是法律上的认定。"),
    ("要求强度", "严禁（严禁、禁止、严防、杜绝），不得（不得、不准、不应），应当（应当、必须、应、须），要求（要、需，"
     "负责、履行下列职责，由某机构办理，通知里没有这些词的祈使句），鼓励（鼓励、支持、倡导、探索），允许（可以、有权、无需）。"
     "鼓励、允许不是硬性义务，汇总里分开计数。"),
    ("对象、指标、目的", "原文里的数额、比例，作主语的事项，列举的各项，以及“确保…”“提升…”一类说明目的的话。"),
    ("时限、频次", "原文里的期限和“及时、定期、每年”等词；没有列出的，原文这一句没有写。"),
    ("相关条款", "这一句提到的条款，以及本文件里提到这一条的条款（“被引”）。违反后的处罚在其中，不单独成行。"),
    ("着色的空列", f"{'、'.join(BANK)}：由本单位填写。重新导出时按编号保留；条款消失或改写的，填写的内容移到“变更”。"),
)  # fmt: skip
_LEFT = (
    "罚则（责令改正、罚款、处分、追究责任等）不作为责任，除非其中有“可以”“应当”；定义、适用范围、生效日期不作为责任；"
    "表格、问答、附图不读。清单由规则从条文中读出，没有使用语言模型；合规判断以原文为准，须由本单位复核。"
)


def notes_of(table: DutyTable) -> Iterator[tuple[str, ...]]:
    """The lines of the sheet, each of two cells."""
    weak = sum(1 for duty in table.duties if duty.degree.weak)
    yield "责任清单", f"按 {table.day.isoformat()} 的时效，共 {len(table.duties)} 行，其中{_weak()} {weak} 行"
    yield "读了哪些文件", "；".join(f"《{title}》（{name}）" for name, title in table.documents) or "没有"
    for title, why in table.left_out:
        yield "没有读的文件", f"《{title}》：{why}"
    yield from _MEANINGS
    yield "不包括什么", _LEFT
    for one in table.unread:
        places = "、".join(one.places)
        yield "没有读到的内容", f"《{one.title}》{places} {one.what}，{one.count} 处"
    if not table.unread:
        yield "没有读到的内容", "没有发现"


def _weak() -> str:
    return "、".join(degree.value for degree in Degree if degree.weak)
