"""What was rolled back does not come back unseen with a change of something else."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import Mock

import pytest
from corpus_samples import NOTICE, Corner, rules
from doors import opened
from publishing_house import APPROVER, EDITOR

from assistant.assembly import today_in_beijing
from assistant.errors import InputError
from assistant.indexing.generations import current_name, rollback
from assistant.serving.keeping.lifecycle import FACTS
from assistant.serving.keeping.tables import LAY_WORDS, PHRASINGS
from assistant.serving.keeping.upkeep import build_upkeep, see_not_rolled_back
from assistant.settings import Settings

FIELDS = {"effective_on": None, "expired_on": None, "status": "现行有效", "superseded_by": None, "source": "甲"}


def test_an_approval_that_builds_the_index_waits_until_a_rollback_is_settled(tmp_path: Path) -> None:
    corner = Corner(tmp_path)
    corner.release().add([corner.put("办法.md", rules(2024))])
    before = current_name(corner.indexes)
    corner.release().add([corner.put("通知.txt", NOTICE)])
    settings = Settings(corpus_dir=corner.corpus, indexes_dir=corner.indexes, data_dir=tmp_path)
    with opened(tmp_path) as registry:
        upkeep = build_upkeep(settings, registry, today=today_in_beijing)
        made = [
            upkeep.tables.changes.propose(kind=kind, subject="s", author=EDITOR.id, before=None, after=FIELDS)
            for kind in (FACTS, PHRASINGS, LAY_WORDS)
        ]
        see_not_rolled_back(registry, corner.indexes)  # nothing was published
        registry.publications.add(
            "p", generation=str(current_name(corner.indexes)), before=before, by="user:x", reason="", summary={}
        )
        see_not_rolled_back(registry, corner.indexes)
        rollback(corner.indexes)
        with pytest.raises(InputError, match="退回上一版"):
            upkeep.lifecycle.approve(APPROVER, made[0].id, ())
        with pytest.raises(InputError, match="退回上一版"):
            upkeep.tables.approve(APPROVER, made[1])
        row = Mock(dismissible=True, proposal=Mock(by="通知"))
        with pytest.raises(InputError, match="退回上一版"):
            upkeep.lifecycle.decide_proposal(APPROVER, row, confirm=True)
        assert [registry_state.state for registry_state in map(upkeep.tables.changes.get, (m.id for m in made))] == [
            "waiting"
        ] * 3
        assert not upkeep.work.busy
