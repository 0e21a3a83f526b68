"""What makes a start unsafe: every fault at once, before anything listens."""

from __future__ import annotations

import ipaddress
import logging
import stat
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

from assistant.access.embeds import embed_faults
from assistant.access.registry import Registry
from assistant.access.secrets import faults_of
from assistant.access.users import Role
from assistant.errors import SettingsError
from assistant.serving.registry import oidc_secret
from assistant.settings import Mode, Settings

_MIN_CLIENT_SECRET = 16


def on_this_machine(host: str) -> bool:
    """Whether an address to listen at is reached from this machine alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def refuse_unsafe(settings: Settings, *, environment_file: Path = Path(".env")) -> None:
    """See that the settings may be served as they are.

    Raises:
        SettingsError: naming everything that must be put right; no value is repeated.
    """
    faults = [*_faults_of_mode(settings), *_faults_of_oidc(settings), *_faults_of_files(settings, environment_file)]
    if faults:
        raise SettingsError(_said(faults))


def refuse_unsafe_records(registry: Registry) -> None:
    """See that somebody can get in, and that no portal is open to everybody.

    Raises:
        SettingsError: naming everything that must be put right.
    """
    faults = [fault for embed in registry.embeds.listed() for fault in embed_faults(embed)]
    if not _somebody(registry):
        faults.append(
            "还没有可用的密钥、用户或门户，谁也进不来；"
            "请先运行 python -m assistant keys create 或 python -m assistant users create"
        )
    if faults:
        raise SettingsError(_said(faults))


def _somebody(registry: Registry) -> bool:
    now = registry.store.clock()
    usable = any(
        key.revoked_at is None and (key.expires_at is None or key.expires_at > now) for key in registry.keys.listed()
    )
    return usable or any(user.disabled_at is None for user in registry.users.listed()) or bool(registry.embeds.listed())


def _said(faults: list[str]) -> str:
    numbered = "；".join(f"（{number}）{fault}" for number, fault in enumerate(faults, start=1))
    return f"为了安全没有启动，请先改正以下 {len(faults)} 处：{numbered}。说明见 docs/security.md"


def _faults_of_mode(settings: Settings) -> Iterator[str]:
    if settings.mode is Mode.DEVELOPMENT:
        if not on_this_machine(settings.host):
            yield (
                "开发模式不验证身份，只能在本机使用：请把 ASSISTANT_HOST 改为 127.0.0.1，"
                "或设置 ASSISTANT_MODE=production 并建立密钥或用户"
            )
        return
    yield from faults_of(settings.pepper_file)
    if logging.getLevelNamesMapping().get(settings.log_level.upper(), 0) <= logging.DEBUG:
        yield "生产模式不能用 ASSISTANT_LOG_LEVEL=DEBUG：日志会记下提问的内容"
    if not settings.access.secure_cookie and not on_this_machine(settings.host):
        yield "对本机以外提供服务时，ASSISTANT_ACCESS__SECURE_COOKIE 须为 true，并在前面配置 HTTPS"


def _faults_of_oidc(settings: Settings) -> Iterator[str]:
    given = settings.oidc
    if given.issuer is None:
        return
    if settings.mode is Mode.DEVELOPMENT:
        yield "开发模式不验证身份，统一登录（ASSISTANT_OIDC__…）不起作用：请设置 ASSISTANT_MODE=production 或去掉它们"
        return
    for name, address in (("ASSISTANT_OIDC__ISSUER", given.issuer), ("ASSISTANT_PUBLIC_URL", settings.public_url)):
        if not _secure_address(address or ""):
            yield f"用统一登录须设置 {name}，并以 https:// 开头（本机除外），不含 ? 和 #"
    if not given.client_id:
        yield "用统一登录须设置 ASSISTANT_OIDC__CLIENT_ID"
    if given.client_secret_file is not None and _open_to_others(given.client_secret_file, 0o077):
        yield f"统一登录的密钥文件可被其他用户读取：{given.client_secret_file}，请运行 chmod 600"
    try:
        if len(oidc_secret(settings)) < _MIN_CLIENT_SECRET:
            yield f"统一登录的密钥太短，至少 {_MIN_CLIENT_SECRET} 个字符"
    except SettingsError as exc:
        yield exc.message.rstrip("。")
    if not given.roles or set(given.roles.values()) - set(Role):
        yield f"ASSISTANT_OIDC__ROLES 须写明统一登录的哪个组对应本系统的哪个角色，角色为：{'、'.join(Role)}"
    if find_spec("authlib") is None:
        yield "统一登录需要安装附加依赖：pip install 'puhui-policy-assistant[oidc]'"


def _secure_address(address: str) -> bool:
    try:
        parts = urlsplit(address)
        secure = parts.scheme == "https" or (parts.scheme == "http" and on_this_machine(parts.hostname or ""))
    except ValueError:
        return False
    return secure and bool(parts.hostname) and not (parts.query or parts.fragment or parts.username)


def _faults_of_files(settings: Settings, environment_file: Path) -> Iterator[str]:
    if settings.mode is Mode.PRODUCTION and _open_to_others(settings.data_dir, 0o022):
        yield f"数据文件夹可被其他用户写入：{settings.data_dir}，请运行 chmod 700"
    held = [
        settings.llm.api_key,
        settings.embedder.api_key,
        settings.reranker.api_key,
        settings.records.url,
        settings.oidc.client_secret,
    ]
    if any(held) and _open_to_others(environment_file, 0o077) and _names_a_secret(environment_file):
        yield f"含有密钥的设置文件可被其他用户读取：{environment_file}，请运行 chmod 600"


def _names_a_secret(path: Path) -> bool:
    names = [line.partition("=")[0].strip().upper() for line in path.read_text("utf-8", "replace").splitlines()]
    return any(name.endswith(("API_KEY", "RECORDS__URL", "CLIENT_SECRET")) for name in names)


def _open_to_others(path: Path, bits: int) -> bool:
    try:
        return bool(stat.S_IMODE(path.stat().st_mode) & bits)
    except OSError:
        return False
