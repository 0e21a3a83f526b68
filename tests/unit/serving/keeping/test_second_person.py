"""Whoever brought a new version in does not say by themselves that it ends the one before."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import Mock

import pytest
from corpus_samples import Corner, rules
from doors import opened
from publishing_house import APPROVER, BOTH, DAY, adding

from assistant.assembly import today_in_beijing
from assistant.corpus.manifest import Proposal, read_manifest
from assistant.errors import NotAllowed
from assistant.schema.document import Validity
from assistant.serving.keeping.lifecycle import LifeCycle, Row
from assistant.serving.keeping.work import Work


def test_whoever_brought_the_newer_version_in_is_no_second_person(tmp_path: Path) -> None:
    corner = Corner(tmp_path)
    corner.release().add([corner.put("新办法.md", rules(2025))])
    [line] = read_manifest(corner.corpus).values()
    proposal = Proposal(by="新办法", superseded_by="《办法》", expired_on=DAY, status=Validity.REPEALED)
    row = Mock(spec=Row, proposal=proposal, dismissible=True, meta=Mock(id="办法"))
    with opened(tmp_path) as registry:
        begun: list[object] = []
        life = LifeCycle(
            registry, corpus_dir=corner.corpus, release=corner.release, work=Work(begun.append), today=today_in_beijing
        )
        change = adding(registry, tmp_path, "新办法.md", rules(2025), by=BOTH)
        assert change.sha256 == line.sha256
        registry.changes.landed(change.id, generation="g", document_id="新办法")
        for confirm in (True, False):
            with pytest.raises(NotAllowed, match="另一个人"):
                life.decide_proposal(BOTH, row, confirm=confirm)
        assert not begun
        life.decide_proposal(APPROVER, row, confirm=True)
        assert begun
