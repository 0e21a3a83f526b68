"""The tools: each asks the desk for whoever calls, within their scopes and labels."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError, UnexpectedToolError
from mcp_types import ToolAnnotations
from pydantic import Field, ValidationError

from assistant import __version__
from assistant.corpus.diff import compare_versions
from assistant.errors import AssistantError, InputError, NotFoundError
from assistant.proof.verifier import all_proved
from assistant.schema.answer import Answer, Citation
from assistant.schema.document import Document
from assistant.schema.inquiry import Inquiry
from assistant.schema.principal import Principal, Scope
from assistant.serving.desk import Desk
from assistant.serving.guards import INTERNAL_MESSAGE, log_fault
from assistant.serving.http import wire
from assistant.serving.http.bodies import clause_at, filters_of, validated
from assistant.serving.http.errors import STATUS_OF_CODE
from assistant.serving.http.openai.conversation import turns_before
from assistant.serving.http.openai.saying import link_from
from assistant.serving.http.openai.wire import Message
from assistant.serving.http.rules import FORBIDDEN
from assistant.serving.mcp import results
from assistant.serving.render.fields import (
    answer_body,
    checked_body,
    citation_body,
    clause_body,
    document_body,
    hit_body,
    related_body,
)
from assistant.serving.render.words import checked_summary

T = TypeVar("T")
_READS = ToolAnnotations(read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False)
_ABOUT = (
    "依据库中条款回答普惠金融政策问题。每句话附条款出处，引文逐字核对；库中没有的，回答“本库未载明”。"
    "转述时请保留 [n] 和出处，不要增补库中没有的内容；outcome 为 possible 或 not_found 时没有答案，请照实说。"
)

Question = Annotated[str, Field(description="一个完整的问题，1 至 2000 字。")]
AsOf = Annotated[str | None, Field(description="按哪一天的有效文本（YYYY-MM-DD）；不填为今天。")]
Documents = Annotated[list[str] | None, Field(description="只在这些文件内，填 list_documents 给出的编号；不填为全库。")]
DocumentId = Annotated[str, Field(description="文件编号，见 list_documents。", max_length=200)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counter:
    """What the tools need: the desk, who calls, and where the service is reached."""

    desk: Desk
    caller_of: Callable[[Context[Any, Any]], Principal]
    public_url: str | None = None

    def caller(self, context: Context[Any, Any], scope: Scope) -> Principal:
        """Whoever calls.

        Raises:
            ToolError: they may not do this.
        """
        found = self.caller_of(context)
        if not found.may(scope):
            raise ToolError(FORBIDDEN)
        return found

    def url(self, document_id: str, address: str) -> str | None:
        return link_from(self.public_url)(document_id, address) if self.public_url else None


class PolicyTools(MCPServer):
    """The server; what goes wrong in a tool is said in our words, and repeats nothing of what was sent."""

    async def call_tool(self, name: str, arguments: dict[str, Any], context: Any = None) -> Any:
        try:
            return await super().call_tool(name, arguments, context)
        except UnexpectedToolError as exc:
            log_fault(exc.__cause__ or exc, "mcp")
            raise ToolError(INTERNAL_MESSAGE) from None
        except ToolError as exc:
            raise ToolError(_words(exc)) from None


def _words(exc: ToolError) -> str:
    if isinstance(exc.__cause__, ToolError):
        return str(exc.__cause__)
    if isinstance(exc.__cause__, ValidationError):
        return "参数缺失或取值不符，请对照工具的参数说明。"
    return "没有这个工具，请先列出工具。"


def make_tools(counter: Counter) -> PolicyTools:
    """A server with all tools. Leaves logging as it is; the SDK would set it up."""
    with _logging_untouched():
        tools = PolicyTools("policy-assistant", title="普惠政策助手", instructions=_ABOUT, version=__version__)
    _add_questions(tools, counter)
    _add_texts(tools, counter)
    return tools


@contextmanager
def _logging_untouched() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    try:
        yield
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)


async def _said(work: Awaitable[T]) -> T:
    """What `work` gives; its refusal as a tool tells it."""
    try:
        return await work
    except AssistantError as exc:
        if exc.code not in STATUS_OF_CODE:  # nothing for users
            raise
        raise ToolError(f"{exc.message}（{exc.code}）") from exc


def _add_questions(tools: PolicyTools, counter: Counter) -> None:
    desk = counter.desk

    @tools.tool(title="提问", annotations=_READS)
    async def ask(
        question: Question,
        context: Context[Any, Any],
        earlier: Annotated[
            list[str] | None, Field(description="追问时，之前问过的问题，从早到晚；只用最近 20 个。")
        ] = None,
        as_of: AsOf = None,
        document_ids: Documents = None,
    ) -> results.Asked:
        """依据条款回答一个政策问题，每句话附出处；没有依据时说本库未载明。"""
        caller = counter.caller(context, Scope.ASK)
        return await _said(_ask(counter, caller, question, earlier or [], as_of, document_ids))

    @tools.tool(title="查找条款", annotations=_READS)
    async def search(
        question: Question,
        context: Context[Any, Any],
        limit: Annotated[int, Field(ge=1, le=20, description="最多列出几条。")] = 10,
        as_of: AsOf = None,
        document_ids: Documents = None,
    ) -> results.Found:
        """只列出与问题相近的条款，不作答复。"""
        caller = counter.caller(context, Scope.SEARCH)
        return await _said(_search(desk, caller, question, limit, as_of, document_ids))

    @tools.tool(title="核对文字", annotations=_READS)
    async def verify_citation(
        text: Annotated[str, Field(description="要核对的文字，1 至 20000 字，最好写明所引的文件和条款。")],
        context: Context[Any, Any],
        as_of: AsOf = None,
    ) -> results.Proved:
        """逐句核对：所引文件和条款是否存在、有效，引文、数字、主体、约束程度是否与原文一致。"""
        caller = counter.caller(context, Scope.VERIFY)
        return await _said(_verify(desk, caller, text, as_of))


def _add_texts(tools: PolicyTools, counter: Counter) -> None:
    @tools.tool(title="一个条款", annotations=_READS)
    async def get_clause(
        document_id: DocumentId,
        address: Annotated[str, Field(description="条款地址，如“第三条”“二、（三）”。", max_length=200)],
        context: Context[Any, Any],
    ) -> results.Place:
        """一个条款的原文，一字不改。"""
        caller = counter.caller(context, Scope.DOCUMENTS)
        return await _said(asyncio.to_thread(_clause, counter, caller, document_id, address))

    @tools.tool(title="文件清单", annotations=_READS)
    async def list_documents(context: Context[Any, Any]) -> results.Listed:
        """库中可以查阅的文件，带编号、文号、日期和时效。"""
        caller = counter.caller(context, Scope.DOCUMENTS)
        return await _said(asyncio.to_thread(_documents, counter.desk, caller))

    @tools.tool(name="compare_versions", title="比较两个文本", annotations=_READS)
    async def compare(before_id: DocumentId, after_id: DocumentId, context: Context[Any, Any]) -> results.Compared:
        """逐条比较两份文件，如同一文件的新旧文本：新增、删去、修改、移动了哪些条款。"""
        caller = counter.caller(context, Scope.DOCUMENTS)
        return await _said(asyncio.to_thread(_compare, counter.desk, caller, before_id, after_id))


async def _ask(
    counter: Counter,
    caller: Principal,
    question: str,
    earlier: list[str],
    as_of: str | None,
    document_ids: list[str] | None,
) -> results.Asked:
    asked = validated(wire.AskRequest, {"question": question, "as_of": as_of, "document_ids": document_ids})
    history = turns_before(Message(role="user", content=text) for text in earlier)
    inquiry = Inquiry(question=question, history=history, filters=filters_of(asked), principal=caller)
    reply = await counter.desk.ask(inquiry, kept=False)
    return _asked(counter, reply.answer, reply.id)


def _asked(counter: Counter, answer: Answer, answer_id: str) -> results.Asked:
    def source(citation: Citation) -> results.Source:
        url = counter.url(citation.document_id, citation.address)
        return results.Source.model_validate({**citation_body(citation).model_dump(), "url": url})

    told = answer_body(answer)
    own = {name: getattr(told, name) for name in results.Asked.model_fields if hasattr(told, name)}
    places = {"citations": list(map(source, answer.citations)), "nearest": list(map(source, answer.nearest))}
    return results.Asked(**{**own, **places, "answer_id": answer_id})


async def _search(
    desk: Desk, caller: Principal, question: str, limit: int, as_of: str | None, document_ids: list[str] | None
) -> results.Found:
    fields = {"question": question, "limit": limit, "as_of": as_of, "document_ids": document_ids}
    inquiry = Inquiry(question=question, filters=filters_of(validated(wire.SearchRequest, fields)), principal=caller)
    found, assistant = await desk.search(inquiry, limit)
    homes = [assistant.document(hit.chunk_id.rpartition("#")[0], inquiry.rights) for hit in found.ranking]
    return results.Found(
        query=found.query.standalone, degraded=list(found.degraded), hits=list(map(hit_body, found.ranking, homes))
    )


async def _verify(desk: Desk, caller: Principal, text: str, as_of: str | None) -> results.Proved:
    asked = validated(wire.VerifyRequest, {"text": text, "as_of": as_of})
    review = await desk.verify(text, asked.as_of, principal=caller)
    return results.Proved(
        proved=all_proved(review.checked),
        summary=checked_summary(review.checked),
        sentences=list(map(checked_body, review.checked)),
        generation=review.generation,
    )


def _document(desk: Desk, caller: Principal, document_id: str) -> Document:
    return desk.provider().document(document_id, caller.labels)


def _clause(counter: Counter, caller: Principal, document_id: str, address: str) -> results.Place:
    document = _document(counter.desk, caller, document_id)
    place = clause_at(document, address)
    if place is None:
        raise NotFoundError("这份文件没有该地址的条款，请先用 search 查找，再填写其中的地址。")
    beside = counter.desk.provider().related_to(document.id, place.address, caller.labels)
    body = clause_body(document, place, related=list(map(related_body, beside)))
    return results.Place.model_validate({**body.model_dump(), "url": counter.url(document.id, place.address)})


def _documents(desk: Desk, caller: Principal) -> results.Listed:
    assistant = desk.provider()
    return results.Listed(
        generation=assistant.generation, documents=list(map(document_body, assistant.documents(caller.labels)))
    )


def _compare(desk: Desk, caller: Principal, before_id: str, after_id: str) -> results.Compared:
    if before_id == after_id:
        raise InputError("请填写两份不同文件的编号。")
    before, after = (_document(desk, caller, one) for one in (before_id, after_id))
    change = compare_versions(before, after)
    return results.Compared(
        before_id=before.id,
        before_title=before.meta.title,
        after_id=after.id,
        after_title=after.meta.title,
        facts=[results.ChangedFact(name=name, before=old, after=new) for name, old, new in change.facts],
        clauses=[results.ChangedClause.model_validate(one, from_attributes=True) for one in change.clauses],
    )
