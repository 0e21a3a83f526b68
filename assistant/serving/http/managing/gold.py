"""反馈 and 标准题: what people thought of answers, candidates made of it, and the second person's word."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import FastAPI, Path, Query, Request
from fastapi.responses import Response

from assistant.errors import InputError
from assistant.records.gold_candidates import Address, CandidateMoved, CandidateState
from assistant.schema.answer import Outcome
from assistant.schema.principal import Principal
from assistant.serving.desk import Desk
from assistant.serving.gap_desk import TENDING
from assistant.serving.given import GivenAnswers
from assistant.serving.gold_desk import GoldDesk, Proposal, Source, case_id
from assistant.serving.http.managing.gaps import gaps_of
from assistant.serving.http.managing.shell import Form, Managed, after, read_form, show_admin
from assistant.serving.http.paging import Cursor, numbered_place, page
from assistant.serving.http.rules import Asker
from assistant.serving.office import Office
from assistant.serving.render import curation as words

FEEDBACK, GOLD = "/admin/feedback", "/admin/gold"
_PAGE = 25
_FREE = 3  # rows for clauses that the answer did not show
_RATINGS = {"": "没有用", "up": "有用", "all": "全部"}
_DONE = {
    "proposed": "已提出，等另一位同事复核。",
    "accepted": "已收入标准题。",
    "returned": "已退回，提出的人会在“已退回”里看到原因。",
    "withdrawn": "已从标准题中撤下。",
}
ItemId = Annotated[str, Path(pattern="^[0-9A-Za-z_-]{1,64}$")]
_From = Annotated[str, Query(max_length=64)]


def add_gold(app: FastAPI, desk: Desk, office: Office | None) -> None:
    """Give an application these pages; those of gaps are there already."""
    app.state.gold = (
        GoldDesk(office.registry, desk.provider, app.state.gaps, office.gold_file) if office is not None else None
    )
    _add_feedback(app, GivenAnswers(office.registry, desk.provider) if office else None)
    _add_cases(app, desk)
    _add_proposing(app, desk)
    _add_deciding(app, desk)


def _gold(request: Request) -> GoldDesk:
    found: GoldDesk = request.app.state.gold
    return found


# --- feedback -----------------------------------------------------------------------------------


def _add_feedback(app: FastAPI, given: GivenAnswers | None) -> None:
    @app.get(FEEDBACK, include_in_schema=False)
    def listed(
        request: Request,
        asker: Asker,
        _: Managed,
        rating: Annotated[str, Query(max_length=10)] = "",
        cursor: Cursor = None,
    ) -> Response:
        assert given is not None
        useful = {"": False, "up": True}.get(rating)
        place = numbered_place(cursor)
        found = given.ratings(asker, useful=useful, after=place, limit=_PAGE + 1)
        rows, following = page(found, _PAGE, lambda one: one.place)
        return show_admin(
            request,
            "feedback",
            rows=rows,
            sources=_gold(request).sources_of(rows),
            next=following,
            form={"rating": rating if rating in _RATINGS else ""},
            ratings=_RATINGS,
            words=words,
        )

    @app.get(FEEDBACK + "/{feedback_id}", include_in_schema=False)
    def one(request: Request, asker: Asker, _: Managed, feedback_id: ItemId) -> Response:
        found, source = _gold(request).feedback(feedback_id, asker)
        return show_admin(request, "feedback_one", found=found, source=source, may=_may(asker), words=words)


# --- the gold set -------------------------------------------------------------------------------


def _add_cases(app: FastAPI, desk: Desk) -> None:
    @app.get(GOLD, include_in_schema=False)
    def listed(
        request: Request, asker: Asker, _: Managed, state: Annotated[str, Query(max_length=20)] = ""
    ) -> Response:
        gold = _gold(request)
        chosen = next((one for one in CandidateState if one.value == state), CandidateState.WAITING)
        rows = gold.candidates(chosen, asker)
        return show_admin(
            request,
            "gold",
            done=_DONE,
            rows=rows,
            chosen=chosen,
            states=CandidateState,
            astray=frozenset(gold.astray(asker)) if chosen is CandidateState.ACCEPTED else frozenset(),
            case_id=case_id,
            **_common(request, desk, asker),
        )


def _add_proposing(app: FastAPI, desk: Desk) -> None:
    @app.get(GOLD + "/new", include_in_schema=False)
    def blank(
        request: Request,
        asker: Asker,
        _: Managed,
        gap: _From = "",
        answer: _From = "",
        feedback: _From = "",
        again: _From = "",
    ) -> Response:
        return _form_page(
            request, desk, asker, {"gap": gap, "answer": answer, "feedback": feedback, "again": again}, None
        )

    @app.post(GOLD + "/new", include_in_schema=False)
    async def propose(request: Request, asker: Asker, _: Managed) -> Response:
        form = await read_form(request, fields=100, longest=16_000)
        gold = _gold(request)
        try:
            await asyncio.to_thread(gold.propose, asker, _proposal(form))
        except InputError as exc:
            starts = {name: form.one(name) for name in ("gap", "answer", "feedback", "again")}
            return await asyncio.to_thread(_form_page, request, desk, asker, starts, form, fault=exc.message)
        return after(request, GOLD, "proposed")


def _form_page(
    request: Request, desk: Desk, asker: Principal, starts: dict[str, str], form: Form | None, *, fault: str = ""
) -> Response:
    """The form: as it was sent, or filled in from what it starts from."""
    gold = _gold(request)
    source, filled = _start(request, asker, starts)
    picked = {(one.document_id, one.address) for one in source.clauses if one.cited} if source else set()
    free: list[Address] = []
    if starts["again"] and form is None:
        before = gold.candidate(starts["again"], asker)
        filled = {"question": before.question, "outcome": before.outcome, "note": before.note or ""}
        free = list(before.addresses)
    if form is not None:
        filled = {name: form.one(name) for name in filled}
        picked = set(map(_pair, form.all("clause")))
        free = list(_free(form))
    return show_admin(
        request,
        "gold_form",
        status=200 if not fault else 422,
        fault=fault,
        starts=starts,
        source=source,
        filled=filled,
        picked=picked,
        free=free + [("", "")] * _FREE,
        outcomes=list(Outcome),
        **_common(request, desk, asker),
    )


def _start(request: Request, asker: Principal, starts: dict[str, str]) -> tuple[Source | None, dict[str, Any]]:
    """The answer that a form starts from, where there is one that may be read, and what stands in its fields."""
    gold = _gold(request)
    question = outcome = ""
    source: Source | None = None
    if starts["feedback"]:
        found, source = gold.feedback(starts["feedback"], asker)
        outcome = source.outcome.value if found.useful else ""
    elif starts["gap"]:
        gap, _ = gaps_of(request).gap(starts["gap"], asker)
        question, source = gap.first.standalone, gold.readable(gap.first.id, asker)
    elif starts["answer"]:
        source = gold.source(starts["answer"], asker)
    return source, {"question": source.standalone if source else question, "outcome": outcome, "note": ""}


def _proposal(form: Form) -> Proposal:
    return Proposal(
        question=form.one("question"),
        outcome=form.one("outcome"),
        addresses=(*map(_pair, form.all("clause")), *_free(form)),
        note=form.one("note"),
        gap_id=form.one("gap"),
        feedback_id=form.one("feedback"),
    )


def _pair(value: str) -> Address:
    """`document#address` as a checkbox has it."""
    document, _, address = value.partition("#")
    return document, address


def _free(form: Form) -> tuple[Address, ...]:
    """The rows in which a document was chosen or an address typed; what is missing in one is told."""
    rows = zip(form.fields.get("document", ()), form.fields.get("address", ()), strict=False)
    return tuple(
        (document.strip(), address.strip()) for document, address in rows if document.strip() or address.strip()
    )


# --- deciding -----------------------------------------------------------------------------------


def _add_deciding(app: FastAPI, desk: Desk) -> None:
    @app.get(GOLD + "/{candidate_id}", include_in_schema=False)
    def one(request: Request, asker: Asker, _: Managed, candidate_id: ItemId) -> Response:
        return _one_page(request, desk, asker, candidate_id)

    @app.post(GOLD + "/{candidate_id}", include_in_schema=False)
    async def decide(request: Request, asker: Asker, _: Managed, candidate_id: ItemId) -> Response:
        form = await read_form(request, fields=5, longest=4000)
        try:
            code = await asyncio.to_thread(_decide, _gold(request), candidate_id, asker, form)
        except (InputError, CandidateMoved) as exc:
            status = 409 if isinstance(exc, CandidateMoved) else 422
            return await asyncio.to_thread(
                _one_page, request, desk, asker, candidate_id, status=status, fault=exc.message
            )
        return after(request, f"{GOLD}/{candidate_id}", code)


def _decide(gold: GoldDesk, candidate_id: str, asker: Principal, form: Form) -> str:
    action, remark = form.one("action"), form.one("remark")
    if action == "withdraw":
        gold.withdraw(candidate_id, asker, remark=remark)
        return "withdrawn"
    if action not in ("accept", "return"):
        raise InputError("请在页面上选择要做的事。", code="bad_request")
    gold.decide(candidate_id, asker, accept=action == "accept", remark=remark)
    return "accepted" if action == "accept" else "returned"


def _one_page(
    request: Request, desk: Desk, asker: Principal, candidate_id: str, *, status: int = 200, fault: str = ""
) -> Response:
    gold = _gold(request)
    found = gold.candidate(candidate_id, asker)
    return show_admin(
        request,
        "gold_one",
        status=status,
        fault=fault,
        done=_DONE,
        found=found,
        texts=gold.texts_of(found, asker),
        own=found.author == asker.id,
        case_id=case_id,
        **_common(request, desk, asker),
    )


def _common(request: Request, desk: Desk, asker: Principal) -> dict[str, Any]:
    documents = desk.provider().documents(asker.labels)
    return {
        "documents": documents,
        "titles": {meta.id: meta.title for meta in documents},
        "names": request.app.state.gaps.names(),
        "may": _may(asker),
        "words": words,
    }


def _may(asker: Principal) -> bool:
    return bool(asker.scopes & TENDING) and asker.viewing is None
