"""How our own small pages with a form look."""

from __future__ import annotations

STYLE = """
:root{color-scheme:light dark;--ink:#1c2733;--line:#8a96a3;--back:#fff;--accent:#0b5c7a;--bad:#a01c1c}
@media(prefers-color-scheme:dark){:root{--ink:#e6ebf0;--back:#12181f;--accent:#7cc7e6;--bad:#ff9c9c}}
body{margin:0;background:var(--back);color:var(--ink);line-height:1.7;
font-family:"Noto Sans CJK SC","Source Han Sans SC","PingFang SC","Microsoft YaHei",system-ui,sans-serif}
main{max-width:22rem;margin:12vh auto;padding:0 16px}h1{font-size:1.4rem}label{display:block;margin-top:1rem}
input,select{width:100%;box-sizing:border-box;padding:8px;font:inherit;border:1px solid var(--line);border-radius:6px;
background:var(--back);color:var(--ink)}
button{margin-top:1.4rem;padding:8px 24px;font:inherit;border:0;border-radius:6px;background:var(--accent);
color:var(--back)}a{color:var(--accent)}[role=alert]{color:var(--bad)}
"""
