"""The route that masks a text."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, FastAPI, Request

from assistant.safety.input_gate import clean_text
from assistant.safety.personal.batch import spans_of
from assistant.safety.personal.masking import mask
from assistant.serving.http.bodies import body_schema, read_body
from assistant.serving.http.errors import documented
from assistant.serving.http.rules import Asker
from assistant.serving.http.wire_given import MaskedSpan, MaskRequest, MaskResponse


async def _to_mask(request: Request) -> MaskRequest:
    return await read_body(request, MaskRequest)


def add_texts(app: FastAPI) -> None:
    """Give an application this route."""

    @app.post(
        "/api/v1/mask",
        summary="遮盖个人信息",
        tags=["核对"],
        responses=documented(400, 413, 415, 422, 500, 503),
        openapi_extra=body_schema(MaskRequest),
    )
    def masked(_: Asker, asked: Annotated[MaskRequest, Depends(_to_mask)]) -> MaskResponse:
        """遮盖文字里的身份证号、手机号、银行卡号、姓名、住址、密码等；不保存所提交的文字。"""
        found = mask(clean_text(asked.text))
        return MaskResponse(masked=found.text, spans=[MaskedSpan(**one) for one in spans_of(found)])
