"""Stand-ins behave as their originals do."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.errors import ModelTimeout
from assistant.models.protocols import ChatModel
from assistant.models.standins import HashingEmbedder, Prompted, ScriptedChatModel


@given(st.lists(st.text(), min_size=1, max_size=4))
def test_every_text_has_a_direction(texts: list[str]) -> None:
    vectors = HashingEmbedder(8).embed_queries(texts)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)


def test_grams_that_cancel_out_leave_a_direction() -> None:
    # With one dimension only the signs count; of these some must sum up to nothing.
    texts = [f"{a}{b}{c}" for a in "贷款利率" for b in "小微企业" for c in "农户续贷"]
    assert set(HashingEmbedder(1).embed_queries(texts).ravel().tolist()) <= {1.0, -1.0}


def test_another_process_hashes_alike() -> None:
    program = (
        "from assistant.models.standins import HashingEmbedder as H;print(H().embed_queries(['小微企业'])[0].tolist())"
    )
    there = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert there.strip() == str(HashingEmbedder().embed_queries(["小微企业"])[0].tolist())


def test_width_and_case_make_no_difference() -> None:
    vectors = HashingEmbedder().embed_queries(["LPR 加 50 个基点", "ｌｐｒ加５０个基点"])
    assert np.array_equal(vectors[0], vectors[1])


def test_dimension_must_be_positive() -> None:
    with pytest.raises(ValueError, match="positive"):
        HashingEmbedder(0)


def test_scripted_model_keeps_prompts_and_repeats_its_last_reply() -> None:
    scripted = ScriptedChatModel("第一句比八个字要长一些。", ["第", "二", "句"])
    model: ChatModel = scripted
    pieces = list(model.stream("系统", "问一"))
    assert len(pieces) > 1
    assert "".join(pieces) == "第一句比八个字要长一些。"
    assert [list(model.stream("系统", f"问{n}")) for n in "二三"] == [["第", "二", "句"]] * 2
    assert scripted.asked == tuple(Prompted("系统", f"问{n}") for n in "一二三")


def test_scripted_model_raises_where_the_script_says() -> None:
    scripted = ScriptedChatModel(["半句", ModelTimeout("超时")], ModelTimeout("超时"))
    got: list[str] = []
    with pytest.raises(ModelTimeout):
        got.extend(scripted.stream("", ""))
    with pytest.raises(ModelTimeout):
        list(scripted.stream("", ""))
    assert got == ["半句"]
    assert len(scripted.asked) == 2


def test_scripted_model_without_replies_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="reply"):
        ScriptedChatModel()
