"""`assistant keys`, `users`, `embeds`, `records`: who may ask, managed on the machine that serves."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assistant.access.words import account
from assistant.errors import InputError
from assistant.schema.principal import READING
from assistant.serving.terminal.help import ChineseCommand
from assistant.serving.terminal.shared import AsJson, group, open_settings, output, say

if TYPE_CHECKING:
    from assistant.access.embeds import Embed
    from assistant.access.keys import ApiKey
    from assistant.access.registry import Registry
    from assistant.access.users import User

keys_app = group("管理接口密钥。")
users_app = group("管理工作台的用户。")
embeds_app = group("管理嵌入本助手的门户。")
records_app = group("管理记录库的版本。")

Name = Annotated[str, typer.Option("--name", metavar="名称", help="给谁用，例如 门户后台。", show_default=False)]
Labels = Annotated[
    list[str] | None,
    typer.Option("--label", metavar="标签", help="可以看带这个标签的文件，例如 内部；可多次给出。", show_default=False),
]
Department = Annotated[
    str | None, typer.Option("--department", metavar="部门", help="所属部门，同时是一个标签。", show_default=False)
]
Scopes = Annotated[
    list[str] | None,
    typer.Option(
        "--scope",
        metavar="权限",
        help="ask、search、verify、documents 等；可多次给出，默认这四项。",
        show_default=False,
    ),
]
DailyCap = Annotated[
    int | None,
    typer.Option(
        "--daily-cap", metavar="次数", help="全部使用者每天（北京时间）合计能问多少次；不填不限。", show_default=False
    ),
]
RetentionDays = Annotated[
    int | None,
    typer.Option("--retention-days", metavar="天数", help="会话和答复保留多少天；不填随系统。", show_default=False),
]
Id = Annotated[str, typer.Argument(metavar="编号", show_default=False)]
UserName = Annotated[str, typer.Argument(metavar="用户名", show_default=False)]
_READING = sorted(READING)


@contextmanager
def opened_registry(*, make_pepper: bool = False) -> Iterator[Registry]:
    """The registry that the settings name, for one command."""
    from assistant.serving.registry import build_registry

    registry = build_registry(open_settings(), make_pepper=make_pepper)
    try:
        yield registry
    finally:
        registry.close()


def who_runs_this() -> str:
    """Whoever runs a command, as the records name them."""
    return f"terminal:{account() or 'unknown'}"


def note_act(kind: str, /, **facts: Any) -> None:
    """Record what a command of another kind did, where records are kept: in production mode.

    Raises:
        RecordsError: it cannot be recorded; what was done stays done.
    """
    from assistant.settings import Mode

    if open_settings().mode is Mode.PRODUCTION:
        with opened_registry() as registry:
            registry.note(kind, who_runs_this(), **facts)


def _time(at: int | None) -> str:
    return datetime.fromtimestamp(at / 1000).astimezone().strftime("%Y-%m-%d %H:%M") if at else "—"


# --- keys ---------------------------------------------------------------------------------------


@keys_app.command(name="create", cls=ChineseCommand)
def create_key(
    name: Name,
    scope: Scopes = None,
    label: Labels = None,
    department: Department = None,
    days: Annotated[
        int | None, typer.Option("--days", metavar="天数", help="多少天后失效；默认不失效。", show_default=False)
    ] = None,
    portal: Annotated[
        str | None,
        typer.Option(
            "--portal", metavar="编号", help="给这个门户的后台：只能取一次性换取码、收回令牌。", show_default=False
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """建立一把密钥；密钥只显示这一次。"""
    with opened_registry(make_pepper=True) as registry:
        if portal is not None:
            registry.embeds.get(portal)
        text, key = registry.keys.create(
            name=name, scopes=scope or (("embeds:codes",) if portal else _READING), labels=label or (),
            department=department, days=days, portal=portal, by=who_runs_this(),
        )  # fmt: skip
        granted = {"scopes": list(key.scopes), "labels": list(key.labels), "department": key.department}
        granted |= {"portal": portal} if portal else {}
        registry.note("key.created", who_runs_this(), id=key.id, name=key.name, **granted)
    output(
        as_json,
        lambda: {"key": text, **asdict(key)},
        lambda: (
            f"{text}\n密钥只显示这一次，请立即妥善保存。编号 {key.id}，停用：python -m assistant keys revoke {key.id}"
        ),
    )


@keys_app.command(name="list", cls=ChineseCommand)
def list_keys(as_json: AsJson = False) -> None:
    """列出全部密钥（不含密钥本身）。"""
    with opened_registry() as registry:
        found = registry.keys.listed()
        now = registry.store.clock()
    output(
        as_json, lambda: list(map(asdict, found)), lambda: "\n".join(_key_line(k, now) for k in found) or "还没有密钥。"
    )


def _key_line(key: ApiKey, now: int) -> str:
    over = key.expires_at is not None and key.expires_at <= now
    state = "已停用" if key.revoked_at else "已过期" if over else "可用"
    return (
        f"{key.id}  {key.name}  {state}  权限 {'、'.join(key.scopes)}  标签 {'、'.join(key.labels) or '无'}"
        f"  部门 {key.department or '无'}  到期 {_time(key.expires_at)}  最近使用 {_time(key.used_at)}"
    )


@keys_app.command(name="revoke", cls=ChineseCommand)
def revoke_key(key_id: Id) -> None:
    """停用一把密钥，5 秒内生效，不能恢复。"""
    with opened_registry() as registry:
        key = registry.keys.revoke(key_id)
        registry.note("key.revoked", who_runs_this(), id=key.id, name=key.name)
    say(f"已停用密钥 {key.id}（{key.name}）。")


# --- users --------------------------------------------------------------------------------------


@users_app.command(name="create", cls=ChineseCommand)
def create_user(
    name: UserName,
    role: Annotated[
        str, typer.Option("--role", metavar="角色", help="reader、editor、approver、auditor、admin 之一。")
    ] = "reader",
    label: Labels = None,
    department: Department = None,
) -> None:
    """建立一个用户；密码从键盘输入两遍，或从标准输入读一行。"""
    password = _password()
    with opened_registry(make_pepper=True) as registry:
        user = registry.users.create(name=name, password=password, role=role, labels=label or (), department=department)
        granted = {"role": user.role.value, "labels": list(user.labels), "department": user.department}
        registry.note("user.created", who_runs_this(), id=user.id, name=user.name, **granted)
    say(f"已建立用户 {user.name}（{user.role}）。")


@users_app.command(name="list", cls=ChineseCommand)
def list_users(as_json: AsJson = False) -> None:
    """列出全部用户。"""
    with opened_registry() as registry:
        found = registry.users.listed()
    output(as_json, lambda: list(map(asdict, found)), lambda: "\n".join(map(_user_line, found)) or "还没有用户。")


def _user_line(user: User) -> str:
    return (
        f"{user.name}  {user.role}  {'已停用' if user.disabled_at else '可用'}  标签 {'、'.join(user.labels) or '无'}"
        f"  部门 {user.department or '无'}  最近登录 {_time(user.signed_in_at)}"
    )


@users_app.command(name="password", cls=ChineseCommand)
def change_password(name: UserName) -> None:
    """换一个密码；已登录的须重新登录。"""
    password = _password()
    with opened_registry() as registry:
        user = registry.users.set_password(name, password)
        registry.note("user.password", who_runs_this(), id=user.id, name=user.name)
    say("密码已更换。")


@users_app.command(name="disable", cls=ChineseCommand)
def disable_user(name: UserName) -> None:
    """停用一个用户，已登录的一并退出。"""
    with opened_registry() as registry:
        user = registry.users.disable(name)
        registry.note("user.disabled", who_runs_this(), id=user.id, name=user.name)
    say("用户已停用。")


@users_app.command(name="enable", cls=ChineseCommand)
def enable_user(name: UserName) -> None:
    """重新启用一个停用的用户。"""
    with opened_registry() as registry:
        user = registry.users.enable(name)
        registry.note("user.enabled", who_runs_this(), id=user.id, name=user.name)
    say("用户已重新启用，请其登录。")


@users_app.command(name="change", cls=ChineseCommand)
def change_user(
    name: UserName,
    role: Annotated[
        str, typer.Option("--role", metavar="角色", help="reader、editor、approver、auditor、admin 之一。")
    ],
    label: Labels = None,
    department: Department = None,
) -> None:
    """换掉一个用户的角色、部门和标签；没有给出的部门、标签改为没有。已登录的须重新登录。"""
    with opened_registry() as registry:
        user = registry.users.change(name, role=role, department=department, labels=label or ())
        granted = {"role": user.role.value, "labels": list(user.labels), "department": user.department}
        registry.note("user.changed", who_runs_this(), id=user.id, name=user.name, **granted)
    say(f"已更改用户 {user.name}（{user.role}）。")


def _password() -> str:
    """The password, typed twice at a terminal or piped in; never an argument, which others can read."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    first = getpass.getpass("密码：")
    if first != getpass.getpass("再输入一遍："):
        raise InputError("两遍输入的密码不同，请再来一次。")
    return first


# --- portals ------------------------------------------------------------------------------------


@embeds_app.command(name="create", cls=ChineseCommand)
def create_embed(
    name: Name,
    origin: Annotated[
        list[str],
        typer.Option("--origin", metavar="网址", help="门户的来源，例如 https://portal.bank.cn；可多次给出。"),
    ],
    label: Labels = None,
    departments: Annotated[
        list[str] | None,
        typer.Option("--department", metavar="部门", help="令牌里的部门算数的有哪些；可多次给出。", show_default=False),
    ] = None,
    scope: Scopes = None,
    public_key: Annotated[
        Path | None,
        typer.Option("--public-key", metavar="文件", help="门户的 RSA 公钥（PEM）；不给则生成共用密钥。"),
    ] = None,
    daily_cap: DailyCap = None,
    retention_days: RetentionDays = None,
) -> None:
    """登记一个门户，先为草稿状态；共用密钥只显示这一次。"""
    pem = _bytes_of(public_key) if public_key else None
    with opened_registry(make_pepper=True) as registry:
        embed, secret = registry.embeds.create(
            name=name, origins=origin, public_key=pem, labels=label or (), departments=departments or (),
            scopes=scope or _READING, daily_cap=daily_cap, retention_days=retention_days,
        )  # fmt: skip
        granted = {"labels": list(embed.labels), "departments": list(embed.departments), "scopes": list(embed.scopes)}
        registry.note("embed.created", who_runs_this(), id=embed.id, origins=list(embed.origins), **granted)
    shown = f"{secret.decode()}\n共用密钥只显示这一次，请放进门户后台的密钥库。" if secret else "使用所给的公钥。"
    say(f"{shown}编号（令牌的 iss）{embed.id}，启用：python -m assistant embeds activate {embed.id}")


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as exc:
        raise InputError("--public-key 指定的文件无法读取。") from exc


@embeds_app.command(name="list", cls=ChineseCommand)
def list_embeds(as_json: AsJson = False) -> None:
    """列出全部门户。"""
    with opened_registry() as registry:
        found = registry.embeds.listed()
    output(
        as_json, lambda: list(map(_embed_fields, found)), lambda: "\n".join(map(_embed_line, found)) or "还没有门户。"
    )


def _embed_fields(embed: Embed) -> dict[str, Any]:
    return {**asdict(embed), "key_file": str(embed.key_file)}


def _embed_line(embed: Embed) -> str:
    return (
        f"{embed.id}  {embed.name}  {embed.state}  {embed.algorithm}  来源 {'、'.join(embed.origins)}  {_limits(embed)}"
    )


@embeds_app.command(name="limit", cls=ChineseCommand)
def limit_embed(embed_id: Id, daily_cap: DailyCap = None, retention_days: RetentionDays = None) -> None:
    """换掉一个门户的每日上限和保留天数；没有给出的改为不限。"""
    with opened_registry() as registry:
        embed = registry.embeds.set_limits(embed_id, daily_cap=daily_cap, retention_days=retention_days)
        limits = {"daily_cap": embed.daily_cap, "retention_days": embed.retention_days}
        registry.note("embed.limited", who_runs_this(), id=embed.id, **limits)
    say(f"已更改：{_limits(embed)}。")


def _limits(embed: Embed) -> str:
    return f"每日上限 {embed.daily_cap or '不限'}  保留天数 {embed.retention_days or '随系统'}"


@embeds_app.command(name="activate", cls=ChineseCommand)
def activate_embed(embed_id: Id) -> None:
    """启用一个门户。"""
    _set_state(embed_id, "active", "已启用。")


@embeds_app.command(name="pause", cls=ChineseCommand)
def pause_embed(embed_id: Id) -> None:
    """停用一个门户，它的令牌 5 秒内全部失效。"""
    _set_state(embed_id, "paused", "已停用，令牌 5 秒内失效。")


@embeds_app.command(name="revoke", cls=ChineseCommand)
def revoke_token(
    embed_id: Id,
    jti: Annotated[str, typer.Argument(metavar="令牌编号", help="令牌里的 jti。", show_default=False)],
) -> None:
    """收回一个门户的一个令牌，5 秒内生效。"""
    with opened_registry() as registry:
        registry.exchange.revoke(embed_id, jti[:100])
        registry.note("embed.token-revoked", who_runs_this(), id=embed_id)
    say("已收回，5 秒内失效。")


def _set_state(embed_id: str, state: str, words: str) -> None:
    from assistant.access.embeds import State

    with opened_registry() as registry:
        embed = registry.embeds.set_state(embed_id, State(state))
        registry.note(f"embed.{state}", who_runs_this(), id=embed.id)
    say(words)


# --- records ------------------------------------------------------------------------------------


@records_app.command(name="status", cls=ChineseCommand)
def records_status(as_json: AsJson = False) -> None:
    """记录库现在的版本，和本程序需要的版本。"""
    from assistant.records.schema import schema_of
    from assistant.records.store import Store
    from assistant.serving.registry import records_url

    store = Store(records_url(open_settings()))
    schema = schema_of(store)
    store.close()
    output(as_json, lambda: asdict(schema), lambda: f"记录库的版本 {schema.current}，本程序需要 {schema.newest}。")


@records_app.command(name="upgrade", cls=ChineseCommand)
def records_upgrade() -> None:
    """把记录库升到本程序需要的版本；请先备份。"""
    from assistant.records.schema import schema_of, upgrade
    from assistant.records.store import Store
    from assistant.serving.registry import records_url

    store = Store(records_url(open_settings()))
    upgrade(store)
    say(f"记录库的版本现在是 {schema_of(store).current}。")
    store.close()


@records_app.command(name="downgrade", cls=ChineseCommand)
def records_downgrade(
    revision: Annotated[str, typer.Argument(metavar="版本", help="退回到哪个版本，例如 0001。", show_default=False)],
) -> None:
    """把记录库退回较早的版本；较新版本才有的内容会丢失，请先备份。"""
    from assistant.records.schema import downgrade, schema_of
    from assistant.records.store import Store
    from assistant.serving.registry import records_url

    store = Store(records_url(open_settings()))
    downgrade(store, revision)
    say(f"记录库的版本现在是 {schema_of(store).current}。")
    store.close()
