"""`assistant model`: the built-in embedding model."""

from __future__ import annotations

from assistant.serving.terminal.help import ChineseCommand
from assistant.serving.terminal.shared import AsJson, group, open_settings, say, say_json

model_app = group("准备和查看内置向量模型。")


@model_app.command(cls=ChineseCommand)
def prepare() -> None:
    """把内置模型转换成更快的格式（约十秒，只需一次；已有且完好时不重做）。"""
    from assistant.models.e5.prepare import prepare as make

    folder = open_settings().model_dir
    made = make(folder, progress=lambda line: say(line))
    say(f"向量模型已生成：{folder}" if made else f"向量模型已就绪：{folder}")


@model_app.command(cls=ChineseCommand)
def show(as_json: AsJson = False) -> None:
    """显示当前使用的向量模型。"""
    from assistant.assembly import build_embedder
    from assistant.models.e5.prepare import is_whole

    settings = open_settings()
    embedder = build_embedder(settings)
    prepared = is_whole(settings.model_dir)
    if as_json:
        say_json({"embedder": embedder.id, "dimension": embedder.dimension, "prepared": prepared})
        return
    say(f"向量模型：{embedder.id}（{embedder.dimension} 维）")
    say("快速格式：" + ("已生成" if prepared else "未生成，可运行 python -m assistant model prepare"))
