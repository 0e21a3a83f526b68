"""The table of related policies: read strictly, asked by clause, doubt kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from assistant.corpus.related import RELATED, load_related
from assistant.errors import SourceError

CORPUS = Path(__file__).resolve().parents[3] / "corpus"


def policy(**changes: Any) -> dict[str, Any]:
    return {
        "id": "a",
        "title": "某办法",
        "kind": "部门规章",
        "relation": "named",
        "doc_number": "某令〔2024〕1号",
        "issuer": "某部",
        "issued": "2024-05",
        "effective": None,
        "status": "现行有效",
        "status_detail": None,
        "official_url": "https://www.example.gov.cn/a",
        "url_site": "发布机关",
        "clauses": ["（十）"],
        "why": "续贷规则",
        "text": None,
        "verified": ["src"],
        "memory_fields": [],
        "note": None,
        **changes,
    }


def table(tmp_path: Path, *policies: dict[str, Any], **base: Any) -> Path:
    whole = {
        "as_of": "2026-10",
        "base": {
            "id": "notice",
            "title": "通知",
            "doc_number": None,
            "issuer": None,
            "issued": "2024",
            "status": "年度文件",
            "text": None,
            "clauses": ["序言", "一", "（一）", "（十）"],
            "verified": ["src"],
            "note": None,
            **base,
        },
        "sources": {"src": "某来源"},
        "policies": list(policies),
    }
    (tmp_path / RELATED).write_text(yaml.safe_dump(whole, allow_unicode=True), encoding="utf-8")
    return tmp_path


def ids(folder: Path, document: str, address: str) -> list[str]:
    found = load_related(folder)
    assert found is not None
    return [p.id for p in found.related_to(document, address)]


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("五、（十）", ["a"]),
        ("（十）", ["a"]),
        ("五、（十）第二段", ["a"]),
        ("五、（十）1.", ["a"]),
        ("二、（一）", ["b"]),
        ("一", ["c"]),
        ("一、第一段", ["c"]),
        ("序言", ["d"]),
        ("序言第二段", ["d"]),
        ("五", []),  # the heading above （十） is not （十）
        ("五、（十一）", []),
        ("标题", []),
        ("第十条", []),
    ],
)
def test_a_clause_has_its_policies_and_no_others(tmp_path: Path, address: str, expected: list[str]) -> None:
    folder = table(
        tmp_path,
        policy(id="a"),
        policy(id="b", clauses=["（一）"]),
        policy(id="c", clauses=["一"]),
        policy(id="d", clauses=["序言"]),
    )
    assert ids(folder, "notice", address) == expected
    assert ids(folder, "another", address) == []


def test_facts_and_doubts_are_kept(tmp_path: Path) -> None:
    folder = table(
        tmp_path, policy(memory_fields=["doc_number", "status", "effective"]), policy(id="b", status="未核实")
    )
    found = load_related(folder)
    assert found is not None
    first, second = found.policies
    # 施行日期 is not stated, so there is nothing to doubt.
    assert first.unverified == ("document_number", "status")
    assert (first.document_number, first.issued, first.effective, first.named) == (
        "某令〔2024〕1号",
        "2024-05",
        None,
        True,
    )
    assert second.unverified == ("status",)


def test_a_policy_that_no_source_shows_is_unverified_as_a_whole(tmp_path: Path) -> None:
    found = load_related(table(tmp_path, policy(verified=[])))
    assert found is not None
    assert found.policies[0].unverified == ("title", "document_number", "issuer", "issued", "status")


def test_an_unquoted_yaml_date_is_a_date(tmp_path: Path) -> None:
    folder = table(tmp_path, policy(issued="DAY"))
    path = folder / RELATED
    path.write_text(path.read_text(encoding="utf-8").replace("DAY", "2024-05-06"), encoding="utf-8")
    found = load_related(folder)
    assert found is not None
    assert found.policies[0].issued == "2024-05-06"


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"surprise": 1}, "policies.0.surprise"),
        ({"issued": "去年"}, "policies.0.issued"),
        ({"clauses": ["（九）"]}, "第 1 条政策的 clauses"),
        ({"verified": ["unknown"]}, "第 1 条政策的 verified"),
        ({"official_url": "javascript:alert(1)"}, "第 1 条政策的 official_url"),
        ({"why": None}, "policies.0.why"),
    ],
)
def test_a_line_that_cannot_be_used_is_named(tmp_path: Path, changes: dict[str, Any], where: str) -> None:
    with pytest.raises(SourceError, match=where.replace(".", r"\.")):
        load_related(table(tmp_path, policy(**changes)))


def test_two_policies_with_one_id_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="第 2 条政策的 id"):
        load_related(table(tmp_path, policy(), policy()))


@pytest.mark.parametrize("raw", [b"a: [", b"\xff\xfe\x00", b"!!python/object/apply:os.system ['true']", b"- 1\n"])
def test_what_is_no_table_is_refused(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / RELATED).write_bytes(raw)
    with pytest.raises(SourceError, match=RELATED):
        load_related(tmp_path)


def test_no_table_no_policies(tmp_path: Path) -> None:
    assert load_related(tmp_path) is None


def test_our_own_table() -> None:
    found = load_related(CORPUS)
    assert found is not None
    assert len(found.policies) == 48
    for number in "一二三四五六七八九十":
        assert found.related_to("notice_2024_shaanxi", f"二、（{number}）"), number
    assert any(p.unverified for p in found.policies)
    assert {p.status for p in found.policies} == {"现行有效", "年度文件", "已到期", "未核实"}
    assert all(url.startswith(("https://", "http://")) for url in found.official_urls().values())
    assert "texts/" not in (CORPUS / RELATED).read_text(encoding="utf-8")  # names no file that we do not hold
