"""`assistant backup`, `assistant restore`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.serving.terminal.access import note_act
from assistant.serving.terminal.shared import open_settings, say

if TYPE_CHECKING:
    from assistant.serving.keeping.backup import Places
    from assistant.settings import Settings


def backup(
    out: Annotated[Path, typer.Argument(metavar="文件.tar", help="要写出的备份文件，不能已经存在。")],
    secrets: Annotated[
        bool, typer.Option("--with-secrets", help="连同 secrets/（计算密钥校验值的秘密、门户的密钥）一起备份。")
    ] = False,
) -> None:
    """备份文件库、记录库和数据文件夹；服务可以不停。"""
    from assistant.serving.keeping.backup import back_up, links_of

    places = places_of(open_settings())
    book = back_up(places, out, secrets=secrets)
    note_act("backup.made", files=len(book.files), secrets=book.secrets)
    say(f"已备份 {len(book.files)} 个文件到 {out}（权限 600，每个文件都记下了校验值）。")
    if links := links_of(places):
        say(f"有 {len(links)} 个链接没有备份，它们指向的内容请另外备份，如 {links[0]}。")
    if book.records == "postgresql":
        say("记录库在 PostgreSQL，不在其中：请另用 pg_dump 备份。")
    if not book.secrets:
        say("secrets/ 不在其中：请另外保存，或加 --with-secrets。没有它，恢复后的密钥和登录都不能用。")


def restore(
    backup_file: Annotated[Path, typer.Argument(metavar="文件.tar", help="assistant backup 写出的文件。")],
) -> None:
    """把备份恢复到空的位置：全部核对无误才放过去，否则什么也不改。"""
    from assistant.serving.keeping.backup import restore as put_back

    settings = open_settings()
    book = put_back(backup_file, places_of(settings))
    say(f"已恢复 {len(book.files)} 个文件，校验值全部相符。文件库：{settings.corpus_dir}，数据：{settings.data_dir}")
    say("接着请运行 python -m assistant index build 建立索引，python -m assistant records status 查看记录库的版本。")
    if book.records == "postgresql":
        say("记录库在 PostgreSQL，不在备份里：请另用 pg_restore 恢复。")
    if not book.secrets:
        say("备份里没有 secrets/：请把另外保存的放回去（权限 600）。")


def places_of(settings: Settings) -> Places:
    """What a backup takes, by these settings."""
    from sqlalchemy.engine import make_url

    from assistant.serving.keeping.backup import Places
    from assistant.serving.registry import records_url

    url = make_url(records_url(settings))
    file = Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None
    held = settings.oidc.client_secret_file
    return Places(
        corpus=settings.corpus_dir,
        data=settings.data_dir,
        records=file,
        pepper=settings.pepper_file,
        secrets=(held,) if held else (),
    )
