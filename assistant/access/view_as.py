"""The library as a department or a role would see it, for an administrator: to read, and never more than they may.

department=信贷部&label=内部&role=reader        percent-encoded, as a form sends it
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from urllib.parse import parse_qs, urlencode

from assistant.access.users import ROLE_NAMES, SCOPES_OF_ROLE, Role
from assistant.access.words import checked_labels, checked_name
from assistant.errors import InputError, NotAllowed
from assistant.schema.principal import READING, Principal, Scope

_LONGEST = 1000  # characters of a view as it is sent
_WRONG = "以谁的身份查看写得不对：形如 department=部门&label=标签&role=角色，逐项按网址编码。"
_MAY_NOT = "您没有以他人身份查看的权限。"


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """As whom the library is looked at."""

    department: str | None = None
    labels: tuple[str, ...] = ()
    role: Role = Role.READER

    @property
    def said(self) -> str:
        """The view as it is sent: plain ASCII, always in the same form."""
        parts = [("department", self.department)] if self.department else []
        return urlencode([*parts, *(("label", label) for label in self.labels), ("role", self.role.value)])

    @property
    def words(self) -> str:
        """The view in Chinese."""
        department = f"部门 {self.department}" if self.department else "无部门"
        return f"{department}，标签 {'、'.join(self.labels) or '无'}，角色 {ROLE_NAMES[self.role]}"


def view_of(department: str, labels: Iterable[str], role: str) -> View:
    """A view, checked.

    Raises:
        InputError: a name cannot be one, or the role is not known.
    """
    try:
        return View(
            department=checked_name(department) if department.strip() else None,
            labels=checked_labels(label for label in labels if label.strip()),
            role=Role(role),
        )
    except (InputError, ValueError) as exc:
        raise InputError(_WRONG, code="bad_request") from exc


def read_view(said: str) -> View:
    """A view as it was sent.

    Raises:
        InputError: it is none.
    """
    try:
        found = parse_qs(said[: _LONGEST + 1], strict_parsing=True, errors="strict", max_num_fields=30)
    except ValueError as exc:
        raise InputError(_WRONG, code="bad_request") from exc
    if not found or len(said) > _LONGEST or set(found) - {"department", "label", "role"}:
        raise InputError(_WRONG, code="bad_request")
    if any(len(found.get(name, [])) > 1 for name in ("department", "role")):
        raise InputError(_WRONG, code="bad_request")
    return view_of(found.get("department", [""])[0], found.get("label", []), found.get("role", [Role.READER.value])[0])


def seen_as(principal: Principal, view: View) -> Principal:
    """An administrator who sees what the view shows, of what they may see themselves; and may read alone.

    Raises:
        NotAllowed: they may not do so.
    """
    if not principal.may(Scope.VIEW_AS):
        raise NotAllowed(_MAY_NOT)
    wanted = frozenset(view.labels) | ({view.department} if view.department else set())
    return replace(
        principal,
        labels=wanted & principal.labels,
        scopes=SCOPES_OF_ROLE[view.role] & READING & principal.scopes,
        department=view.department if view.department in principal.labels else None,
        viewing=view.said,
        lacking=wanted - principal.labels,
    )
