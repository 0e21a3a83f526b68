"""The page at /docs, written from the OpenAPI description: no script, nothing from elsewhere."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any
from urllib.parse import quote

from assistant.serving.render.words import DEVELOPMENT

_STYLE = """
:root{color-scheme:light dark;--ink:#1c2733;--soft:#526070;--line:#d8dee6;--back:#fff;--code:#f3f6f9;--accent:#0b5c7a}
@media(prefers-color-scheme:dark){:root{--ink:#e6ebf0;--soft:#a9b6c3;--line:#37424e;--back:#12181f;--code:#1c252e;--accent:#7cc7e6}}
body{max-width:860px;margin:0 auto;padding:24px 16px 64px;background:var(--back);color:var(--ink);line-height:1.7;
font-family:"Noto Sans CJK SC","Source Han Sans SC","PingFang SC","Microsoft YaHei",system-ui,sans-serif}
h1{font-size:1.5rem}h2{font-size:1.15rem;border-bottom:1px solid var(--line);padding-bottom:4px;margin-top:2em}
h3{font-size:1rem;margin:1.6em 0 .3em}code,pre{font-family:ui-monospace,Consolas,"Noto Sans Mono CJK SC",monospace}
pre{background:var(--code);border:1px solid var(--line);border-radius:8px;padding:12px;overflow-x:auto;font-size:.86rem}
table{border-collapse:collapse;width:100%;font-size:.9rem}
td,th{border:1px solid var(--line);padding:4px 8px;text-align:left}
.wide{overflow-x:auto}.method{color:var(--accent);font-weight:700}a{color:var(--accent)}p.soft{color:var(--soft)}
"""


def docs_html(openapi: Mapping[str, Any], *, development: bool = False) -> str:
    """The whole page for an OpenAPI description; in development mode it says so."""
    info = openapi["info"]
    groups: dict[str, list[str]] = {}
    for path, method, operation in _operations(openapi):
        groups.setdefault(operation.get("tags", ["其他"])[0], []).append(_operation_html(path, method, operation))
    sections = "".join(f"<h2>{escape(tag)}</h2>{''.join(parts)}" for tag, parts in groups.items())
    mode = f'<p role="note"><strong>{escape(DEVELOPMENT)}</strong></p>' if development else ""
    title = f"{escape(info['title'])} · 接口说明"
    return (
        f'<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width,initial-scale=1"><style>{_STYLE}</style></head>'
        f"<body><main>{mode}<h1>{title} <small>{escape(info['version'])}</small></h1>"
        f"<p>{escape(info['description'])}</p>"
        '<p class="soft">机器可读的说明见 <a href="openapi.json">openapi.json</a>；'
        '对话页面见 <a href="./">首页</a>。</p>'
        f"{sections}</main></body></html>"
    )


def _operations(openapi: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for path, methods in openapi["paths"].items():
        for method, operation in methods.items():
            yield path, method.upper(), operation


def _operation_html(path: str, method: str, operation: Mapping[str, Any]) -> str:
    about = operation.get("description", "")
    return (
        f'<h3><span class="method">{method}</span> <code>{escape(path)}</code> — {escape(operation["summary"])}</h3>'
        + (f"<p>{escape(about)}</p>" if about else "")
        + _fields_html(operation)
        + f"<pre>{escape(_curl(path, method, operation))}</pre>"
        + _responses_html(operation)
    )


def _body_schema(operation: Mapping[str, Any]) -> Mapping[str, Any]:
    content = operation.get("requestBody", {}).get("content", {})
    schema: Mapping[str, Any] = content.get("application/json", {}).get("schema", {})
    return schema


def _fields_html(operation: Mapping[str, Any]) -> str:
    schema = _body_schema(operation)
    required = schema.get("required", ())
    rows = [
        (name, "必填" if name in required else "可不填", field.get("description", ""))
        for name, field in schema.get("properties", {}).items()
    ]
    rows += [
        (p["name"], "必填" if p.get("required") else "可不填", p.get("description", ""))
        for p in operation.get("parameters", ())
    ]
    return _table(("字段", "", "说明"), rows)


def _responses_html(operation: Mapping[str, Any]) -> str:
    words = {"Successful Response": "成功"}
    rows = [(status, words.get(r["description"], r["description"])) for status, r in operation["responses"].items()]
    return _table(("状态码", "含义"), rows)


def _table(head: tuple[str, ...], rows: list[Any]) -> str:
    if not rows:
        return ""
    top = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f'<div class="wide"><table><tr>{top}</tr>{body}</table></div>'


def _curl(path: str, method: str, operation: Mapping[str, Any]) -> str:
    for parameter in operation.get("parameters", ()):
        example = next(iter(parameter.get("schema", {}).get("examples", parameter.get("examples", []))), "…")
        path = re.sub(rf"\{{{parameter['name']}(:path)?\}}", quote(str(example)), path)  # curl sends Chinese raw
    sends = _body_schema(operation)
    verb = "" if method == "GET" or (method == "POST" and sends) else f" -X {method}"
    command = f"curl -sS{'N' if sends else ''}{verb} 'http://127.0.0.1:7860{path}'"
    if not sends:
        return command
    example = json.dumps(sends["examples"][0], ensure_ascii=False)
    return f"{command} \\\n  -H 'Content-Type: application/json' \\\n  -d '{example}'"
