"""What names a document by a part of its title, and what names another one."""

from __future__ import annotations

import pytest

from assistant.question.short_titles import ShortTitles, made_of, speaks_of_this_paper, telling
from assistant.schema.document import DocumentKind, DocumentMeta

TITLES = {
    "water": "白水县农村饮水安全工程运行管理办法",
    "card": "海桐省社会保障卡业务操作规程（试行）",
    "plan": "关于印发《白水县消费帮扶行动方案》的通知",
    "rules": "云溪银行小微企业信贷尽职免责实施细则",
}
WORDS = {
    "农村",
    "饮水",
    "安全",
    "工程",
    "运行",
    "管理",
    "社会",
    "保障",
    "保障卡",
    "小微",
    "企业",
    "信贷",
    "尽职",
    "免责",
}


def titles() -> ShortTitles:
    metas = [DocumentMeta(id=i, title=title, kind=DocumentKind.LAW) for i, title in TITLES.items()]
    return ShortTitles(metas, lambda title: (word for word in WORDS if word in title))


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("饮水安全办法第三条", "water"),
        ("请问农村饮水工程管理办法", "water"),
        ("农饮办法第二条", "water"),
        ("社会保障卡规程第四条", "card"),
        ("《社会保障卡业务操作规程（试行）》", "card"),
        ("消费帮扶方案第一部分", "plan"),
        ("尽职免责细则第五条", "rules"),
        ("云溪银行尽职免责实施细则", "rules"),
    ],
)
def test_short_for_one_document(question: str, found: str) -> None:
    [named] = [one for one in titles().named(question) if one.documents]
    assert [meta.id for meta in named.documents] == [found]
    assert named.settled


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("临江县饮水安全办法第三条", "临江县饮水安全办法"),
        ("城市饮水安全办法第三条", "城市饮水安全办法"),
        ("临江银行尽职免责细则第五条", "临江银行尽职免责细则"),
        ("饮水安全办法实施细则第三条", "饮水安全办法实施细则"),
        ("中华人民共和国中小企业促进法第十条", "中小企业促进法"),
        ("《工伤保险条例》第五条", "工伤保险条例"),
    ],
)
def test_the_title_of_another_document(question: str, name: str) -> None:
    named = titles().named(question)[-1]
    assert (named.name, named.documents) == (name, ())


def test_a_title_like_another_but_for_its_kind() -> None:
    [named] = titles().named("饮水安全规定第三条")
    assert named.documents == ()
    assert [meta.id for meta in named.like] == ["water"]


def test_a_kind_of_document_alone() -> None:
    [named] = titles().named("该细则第三条")
    assert [meta.id for meta in named.documents] == ["rules"]
    assert not named.outright


def test_words_that_tell_no_title_apart() -> None:
    assert not telling("管理")
    assert not telling("业务操作")
    assert telling("饮水安全")


def test_made_of() -> None:
    assert made_of("请问那个办法", {"请问", "那"}, {"个"}) == 4
    assert made_of("个办法", {"请问", "那"}, {"个"}) == 0


@pytest.mark.parametrize(
    "text",
    [
        "文件里怎么说？",
        "请问文件里有没有写利率",
        "客户还不上的时候，通知里怎么要求的",
        "客户还不上的时候文件里怎么说",
        "在通知中怎么写的",
        "总行的通知里说了什么",
        "国务院文件里的目标",
        "按文件要求要几天",
        "该通知对利率怎么说",
        "全文有几处不得",
        "这个文件里",
    ],
)
def test_the_document_that_lies_before_one(text: str) -> None:
    assert speaks_of_this_paper(text)


@pytest.mark.parametrize(
    "text",
    [
        "哪些文件提交给银行？",
        "要哪些文件提供担保？",
        "证据文件里要有什么？",
        "申请文件里缺了材料怎么办？",
        "证明文件上的名字不一致怎么办？",
        "执照文件中的地址变了",
        "招标文件要求是什么？",
        "催收通知中能不能写罚息？",
        "书面通知里写什么？",
        "银行应该通知里面的哪些人？",
        "要求借款人全文公示吗？",
        "借款协议全文要给客户吗？",
        "重要文件上交给谁？",
        "相关文件要求提供几份？",
    ],
)
def test_papers_of_others_are_not_the_document_before_one(text: str) -> None:
    assert not speaks_of_this_paper(text)
