"""What the pages of 管理 share: who sees which, how one is shown, how a form is read, what follows after it.

A page of one's own: an entry in `ADMIN_PAGES` (a page whose route the application does not have is not drawn), a rule
in `http/rules.py`, a template that extends `admin_base.html` and fills `panel`, and `show_admin` to answer with it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.routing import Route

from assistant.errors import AssistantError, InputError, NotAllowed
from assistant.schema.principal import Principal, Scope
from assistant.serving.guards import path_of
from assistant.serving.http.errors import STATUS_OF_CODE
from assistant.serving.http.pages import show
from assistant.serving.office import Office

T = TypeVar("T")
_UNREADABLE = "表单无法读取，请在页面上重新填写。"
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
_MOST_FIELDS, _LONGEST_FIELD = 200, 64 * 1024
_CODE = "done"  # the parameter that says what was done, by a code whose words are ours


@dataclass(frozen=True, slots=True)
class AdminPage:
    """One page: where it is, what it is called, what it is for, and the scopes of which any one opens it."""

    path: str
    words: str
    about: str
    scopes: frozenset[Scope]


_KEEPERS = frozenset({Scope.CORPUS_EDIT, Scope.CORPUS_APPROVE})
_FEEDBACK = frozenset({Scope.FEEDBACK_READ})

ADMIN_PAGES = (
    AdminPage("/admin/drafts", "文件", "上传文件，查看读取结果，校对条款树。", _KEEPERS),
    AdminPage("/admin/releases", "发布", "由另一人审批，看清改动后发布，必要时退回上一版。", _KEEPERS),
    AdminPage("/admin/lifecycle", "有效期", "施行、到期、被取代的文件，以及即将到期的提醒。", _KEEPERS),
    AdminPage("/admin/tables", "词表", "修改口语说法和问法的词表，先看会改变什么。", _KEEPERS),
    AdminPage("/admin/gaps", "未答问题", "没有答上的问题（已隐去个人信息），分派并了结。", _FEEDBACK),
    AdminPage("/admin/feedback", "反馈", "使用者的评价，整理成评测题目的候选。", _FEEDBACK),
    AdminPage("/admin/gold", "标准题", "评测用的题目：提出、由另一人复核、收入或退回。", _FEEDBACK),
    AdminPage("/admin/keys", "密钥", "程序用的接口密钥：建立、查看、停用。", frozenset({Scope.KEYS})),
    AdminPage("/admin/embeds", "门户", "嵌入本助手的门户：登记、启停、限额。", frozenset({Scope.EMBEDS})),
    AdminPage("/admin/users", "用户", "可以登录的人：角色、部门、标签、密码。", frozenset({Scope.USERS})),
    AdminPage("/admin/audit", "留痕", "谁在什么时候做了什么；核验记录没有被改动。", frozenset({Scope.AUDIT_READ})),
    AdminPage("/admin/health", "运行", "索引、排队、磁盘、记录库是否正常。", _KEEPERS | {Scope.METRICS}),
)


class NoOffice(AssistantError):
    """In development mode nobody is known and nothing is recorded, so nothing is managed over pages."""

    code = "not_kept"

    def __init__(self) -> None:
        super().__init__(
            "管理页面需要登录后使用：开发模式不验证身份，也不留痕。请按 docs/security.md 切换到正式模式"
            "（ASSISTANT_MODE=production）并建立用户，再登录。"
        )


def managed(request: Request) -> Office:
    """Where things are managed, as a dependency of every page here.

    Raises:
        NoOffice: there is no such place, and the page that says so is the answer.
    """
    found = request.app.state.office
    if not isinstance(found, Office):
        raise NoOffice
    return found


Managed = Annotated[Office, Depends(managed)]


# --- showing ------------------------------------------------------------------------------------


def pages_for(request: Request) -> tuple[AdminPage, ...]:
    """The pages that are there and that whoever asks may use."""
    principal = request.scope["state"].get("principal")
    if not isinstance(principal, Principal):
        return ()
    there = {route.path for route in request.app.router.routes if isinstance(route, Route)}
    return tuple(page for page in ADMIN_PAGES if page.path in there and page.scopes & principal.scopes)


def show_admin(
    request: Request,
    name: str,
    *,
    status: int = 200,
    done: Mapping[str, str] | None = None,
    fault: str = "",
    **values: Any,
) -> HTMLResponse:
    """A page of 管理 with its side navigation.

    Args:
        name: the template, without `.html`.
        done: what may have been done just now, code → words; the code comes from the address, the words never do.
        fault: what is wrong with what was sent, in words for a person.
    """
    return show(
        request,
        name,
        status=status,
        active="admin",
        place=path_of(request.scope),
        entries=pages_for(request),
        done_words=(done or {}).get(request.query_params.get(_CODE, ""), ""),
        fault=fault,
        **values,
    )


def after(request: Request, path: str, code: str = "") -> Response:
    """To a page of ours once something was done, so that going back or loading again does nothing twice.

    Args:
        path: of the page, as routes have it; only ids and names of ours, never words that somebody typed.
        code: one of those that the page has words for.
    """
    joint = "&" if "?" in path else "?"
    place = f"{path}{joint}{_CODE}={code}" if code else path
    return RedirectResponse(
        f"{request.scope.get('root_path', '')}{place}", status_code=303, headers={"Cache-Control": "no-store"}
    )


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why something was not done, for the page on which it was asked."""

    message: str
    status: int


async def tried(work: Callable[[], T]) -> T | Refusal:
    """What `work` gives, done beside the event loop; or why it was refused.

    Raises:
        AssistantError: it could not be done for another reason than what was asked.
    """
    try:
        return await asyncio.to_thread(work)
    except (InputError, NotAllowed) as exc:
        return Refusal(exc.message, STATUS_OF_CODE.get(exc.code, 422))


# --- reading forms ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that came with a form. `name` is what the browser says, and proves nothing."""

    field: str
    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Form:
    """What a form brought: words by field, in order, and files where they were allowed."""

    fields: Mapping[str, tuple[str, ...]]
    files: tuple[Upload, ...] = ()

    def one(self, name: str, default: str = "") -> str:
        """The first value of a field, without white space around it."""
        return next(iter(self.fields.get(name, ())), default).strip()

    def all(self, name: str) -> tuple[str, ...]:
        """Every value of a field that is not blank."""
        return tuple(value.strip() for value in self.fields.get(name, ()) if value.strip())

    def listed(self, name: str) -> tuple[str, ...]:
        """The words of a field in which they are parted by commas, 、 or lines."""
        text = self.one(name)
        for mark in "，、;；\n":
            text = text.replace(mark, ",")
        return tuple(word.strip() for word in text.split(",") if word.strip())

    def number(self, name: str, words: str) -> int | None:
        """A whole number; `None` where the field is empty.

        Raises:
            InputError: it is none; `words` name the field.
        """
        text = self.one(name)
        if not text:
            return None
        if not (text.isascii() and text.isdigit() and len(text) < 10):
            raise InputError(f"{words}须为整数。")
        return int(text)

    def ticked(self, name: str) -> bool:
        """Whether a box is ticked."""
        return bool(self.one(name))


async def read_form(
    request: Request, *, files: int = 0, fields: int = _MOST_FIELDS, longest: int = _LONGEST_FIELD
) -> Form:
    """The form of a request. How large the whole may be, `BodyLimit` has seen to (`serving/guards.py`).

    Args:
        files: how many files may come with it.
        fields: how many other fields.
        longest: bytes of one of them.

    Raises:
        InputError: it is no form, or has more than that, or characters that no text has.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() not in _FORMS:
        raise InputError("请在页面上填写。", code="unsupported_media_type")
    try:
        async with request.form(max_files=files, max_fields=fields, max_part_size=longest) as sent:
            return Form(_fields(sent, longest), await _files(sent))
    except HTTPException as exc:
        raise InputError(_UNREADABLE, code="bad_request") from exc


def _fields(sent: FormData, longest: int) -> Mapping[str, tuple[str, ...]]:
    said = [(name, value.replace("\r\n", "\n")) for name, value in sent.multi_items() if isinstance(value, str)]
    if any("\0" in value or len(value) > longest or not _is_text(value) for _, value in said):
        raise InputError(_UNREADABLE, code="bad_characters")
    names = dict.fromkeys(name for name, _ in said)
    return {name: tuple(value for key, value in said if key == name) for name in names}


def _is_text(value: str) -> bool:
    return not any(0xD800 <= ord(char) <= 0xDFFF for char in value)


async def _files(sent: FormData) -> tuple[Upload, ...]:
    """The files that were chosen; a field in which none was is left out."""
    found = [(name, value) for name, value in sent.multi_items() if isinstance(value, UploadFile) and value.filename]
    return tuple([Upload(name, value.filename or "", await value.read()) for name, value in found])
