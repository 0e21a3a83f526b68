"""The routes of what is managed: keys and portals. Index, audit and retention are in `admin_library.py`."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, FastAPI, Path, Request

from assistant.access.embeds import Embed, State
from assistant.access.keys import ApiKey
from assistant.serving.http import wire_admin as bodies
from assistant.serving.http.bodies import body_schema, read_body
from assistant.serving.http.errors import documented
from assistant.serving.http.given import NotKept, moment
from assistant.serving.http.paging import Cursor, Limit, numbered_place, page
from assistant.serving.http.rules import Asker
from assistant.serving.office import Office

KEYS, EMBEDS = "/api/v1/admin/keys", "/api/v1/admin/embeds"
_ID = "^[0-9A-Za-z_-]{1,64}$"
KeyId = Annotated[str, Path(description="密钥的编号。", examples=["5f0c1a2b3c4d4e5f"], pattern=_ID)]
EmbedId = Annotated[str, Path(description="门户的编号。", examples=["5f0c1a2b3c4d4e5f"], pattern=_ID)]
READS = documented(404, 422, 500, 503)
CHANGES = documented(400, 404, 413, 415, 422, 500, 503)


def office_of(request: Request) -> Office:
    """Where things are managed; in development mode there is no such place."""
    found = request.app.state.office
    if not isinstance(found, Office):
        raise NotKept
    return found


Managed = Annotated[Office, Depends(office_of)]


def add_admin(app: FastAPI, office: Office | None) -> None:
    """Give an application the routes of keys and portals."""
    app.state.office = office
    _add_keys(app)
    _add_embeds(app)
    _add_embed_changes(app)


# --- keys ---------------------------------------------------------------------------------------


async def _new_key(request: Request) -> bodies.KeyRequest:
    return await read_body(request, bodies.KeyRequest)


def _add_keys(app: FastAPI) -> None:
    @app.get(KEYS, summary="密钥清单", tags=["管理"], responses=READS)
    def keys(_: Asker, office: Managed, cursor: Cursor = None, limit: Limit = 20) -> bodies.KeyList:
        after = numbered_place(cursor)
        listed = [key for key in office.registry.keys.listed() if after is None or (key.created_at, key.id) > after]
        found, following = page(listed, limit, lambda key: (key.created_at, key.id))
        return bodies.KeyList(keys=list(map(_key, found)), next=following)

    @app.post(
        KEYS,
        summary="建立一把密钥",
        tags=["管理"],
        status_code=201,
        responses=CHANGES,
        openapi_extra=body_schema(bodies.KeyRequest),
    )
    def create(
        asker: Asker, office: Managed, asked: Annotated[bodies.KeyRequest, Depends(_new_key)]
    ) -> bodies.NewKeyBody:
        """密钥只在这一次的回应里出现。"""
        text, key = office.create_key(
            asker,
            name=asked.name,
            scopes=asked.scopes,
            labels=asked.labels,
            department=asked.department,
            days=asked.days,
        )
        return bodies.NewKeyBody(**_key(key).model_dump(), key=text)

    @app.post(f"{KEYS}/{{key_id}}/revoke", summary="停用一把密钥", tags=["管理"], responses=READS)
    def revoke(key_id: KeyId, asker: Asker, office: Managed) -> bodies.KeyBody:
        """5 秒内生效，不能恢复；已经停用的不变。"""
        return _key(office.revoke_key(asker, key_id))


def _key(key: ApiKey) -> bodies.KeyBody:
    times = {name: getattr(key, name) for name in ("expires_at", "used_at", "revoked_at")}
    return bodies.KeyBody(
        id=key.id,
        prefix=key.prefix,
        name=key.name,
        department=key.department,
        labels=list(key.labels),
        scopes=[scope.value for scope in key.scopes],
        created_at=moment(key.created_at),
        created_by=key.created_by,
        **{name: moment(at) if at is not None else None for name, at in times.items()},
    )


# --- portals ------------------------------------------------------------------------------------


async def _new_embed(request: Request) -> bodies.EmbedRequest:
    return await read_body(request, bodies.EmbedRequest)


async def _new_state(request: Request) -> bodies.StateRequest:
    return await read_body(request, bodies.StateRequest)


async def _new_limits(request: Request) -> bodies.LimitsRequest:
    return await read_body(request, bodies.LimitsRequest)


def _add_embeds(app: FastAPI) -> None:
    @app.get(EMBEDS, summary="门户清单", tags=["管理"], responses=READS)
    def embeds(_: Asker, office: Managed, cursor: Cursor = None, limit: Limit = 20) -> bodies.EmbedList:
        after = numbered_place(cursor)
        listed = list(enumerate(office.registry.embeds.listed()))
        behind = [one for one in listed if after is None or (one[0], one[1].id) > after]
        found, following = page(behind, limit, lambda one: (one[0], one[1].id))
        return bodies.EmbedList(embeds=[_embed(embed) for _, embed in found], next=following)

    @app.get(f"{EMBEDS}/{{embed_id}}", summary="一个门户", tags=["管理"], responses=READS)
    def embed(embed_id: EmbedId, _: Asker, office: Managed) -> bodies.EmbedBody:
        return _embed(office.registry.embeds.get(embed_id))

    @app.post(
        EMBEDS,
        summary="登记一个门户",
        tags=["管理"],
        status_code=201,
        responses=CHANGES,
        openapi_extra=body_schema(bodies.EmbedRequest),
    )
    def create(
        asker: Asker, office: Managed, asked: Annotated[bodies.EmbedRequest, Depends(_new_embed)]
    ) -> bodies.NewEmbedBody:
        """先为草稿状态；共用密钥只在这一次的回应里出现。"""
        public_key = asked.public_key.encode() if asked.public_key else None
        made, secret = office.create_embed(asker, {**asked.model_dump(), "public_key": public_key})
        return bodies.NewEmbedBody(**_embed(made).model_dump(), secret=secret.decode() if secret else None)


def _add_embed_changes(app: FastAPI) -> None:
    @app.put(
        f"{EMBEDS}/{{embed_id}}/state",
        summary="启用或停用一个门户",
        tags=["管理"],
        responses=CHANGES,
        openapi_extra=body_schema(bodies.StateRequest),
    )
    def state(
        embed_id: EmbedId,
        asker: Asker,
        office: Managed,
        asked: Annotated[bodies.StateRequest, Depends(_new_state)],
    ) -> bodies.EmbedBody:
        """停用后，它的令牌 5 秒内全部失效，页面不再打开。"""
        return _embed(office.set_embed_state(asker, embed_id, State(asked.state)))

    @app.put(
        f"{EMBEDS}/{{embed_id}}/limits",
        summary="换掉一个门户的限额",
        tags=["管理"],
        responses=CHANGES,
        openapi_extra=body_schema(bodies.LimitsRequest),
    )
    def limits(
        embed_id: EmbedId,
        asker: Asker,
        office: Managed,
        asked: Annotated[bodies.LimitsRequest, Depends(_new_limits)],
    ) -> bodies.EmbedBody:
        return _embed(
            office.set_embed_limits(asker, embed_id, daily_cap=asked.daily_cap, retention_days=asked.retention_days)
        )


def _embed(embed: Embed) -> bodies.EmbedBody:
    return bodies.EmbedBody(
        id=embed.id,
        name=embed.name,
        state=embed.state.value,
        algorithm=embed.algorithm.value,
        origins=list(embed.origins),
        labels=list(embed.labels),
        departments=list(embed.departments),
        scopes=[scope.value for scope in embed.scopes],
        daily_cap=embed.daily_cap,
        retention_days=embed.retention_days,
    )
