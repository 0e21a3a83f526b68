"""`assistant corpus phrasings|phrase` as a process of its own, with a language model that follows a script."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from corpus_samples import NOTICE
from scripted_llm import Behaviour, ScriptedLlm

ROOT = Path(__file__).resolve().parents[2]


class Home:
    """A folder with a corpus of one notice."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.phrasings = folder / "corpus" / "phrasings"
        self.phrasings.mkdir(parents=True)
        (folder / "corpus" / "通知.txt").write_text(NOTICE, encoding="utf-8")

    def put(self, clause: str = "二", document: str = "通知", **more: Any) -> None:
        group = {"clause": clause, "origin": "hand", "reviewed": True, "questions": ["收钱合理不"], **more}
        content = yaml.safe_dump({"document": document, "phrasings": [group]}, allow_unicode=True)
        (self.phrasings / "通知.yaml").write_text(content, encoding="utf-8")

    def process(self, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", "assistant", *arguments],
            cwd=self.folder,
            capture_output=True,
            encoding="utf-8",
            check=False,
            timeout=120,
            env={
                **os.environ,
                "ASSISTANT_EMBEDDER__KIND": "hashing",
                "ASSISTANT_INDEXES_DIR": str(self.folder / "indexes"),
                "ASSISTANT_CORPUS_DIR": str(self.folder / "corpus"),
                "PYTHONPATH": str(ROOT),
                "PYTHONIOENCODING": "utf-8",
                "COLUMNS": "100",
                "NO_COLOR": "1",
                **settings,
            },
        )
        assert "Traceback" not in done.stderr, done.stderr
        return done

    def run(self, *arguments: str, code: int = 0, **settings: str) -> str:
        done = self.process(*arguments, **settings)
        assert done.returncode == code, done.stderr
        return done.stdout


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


@pytest.mark.parametrize("command", ["phrasings", "phrase"])
def test_help_is_chinese(home: Home, command: str) -> None:
    page = home.run("corpus", command, "--help")
    assert "用法：" in page
    assert not {"Usage", "Options", "Arguments"} & set(page.split())


def test_phrasings_are_checked_and_counted(home: Home) -> None:
    assert "通知：没有问法" in home.run("corpus", "phrasings")
    home.put(reviewed=False)
    assert "通知：问法 1 条（hand 1 条），待复核 1 条" in home.run("corpus", "phrasings")
    [facts] = json.loads(home.run("corpus", "phrasings", "--json"))["documents"]
    assert (facts["phrasings"], facts["unreviewed"]) == (1, 1)
    assert any(place.startswith("一：") for place in facts["sentences_without"])
    assert not any(place.startswith("二：") for place in facts["sentences_without"])
    home.put(document="另一份")
    done = home.process("corpus", "phrasings")
    assert done.returncode == 3
    assert "不在文件库中：另一份" in done.stderr


def test_a_phrasing_that_leads_nowhere_is_loud_wherever_it_is_met(home: Home) -> None:
    home.put(clause="九")
    for arguments in (("corpus", "phrasings"), ("index", "build")):
        done = home.process(*arguments)
        assert done.returncode != 0
        assert "问法文件 通知.yaml 无法使用：所指的条款“九”不在文件 通知 中" in done.stderr


def test_the_setting_switches_them(home: Home) -> None:
    home.put()
    built = json.loads(home.run("index", "build", "--json"))
    without = json.loads(home.run("index", "build", "--json", ASSISTANT_PHRASINGS="none"))
    elsewhere = json.loads(home.run("index", "build", "--json", ASSISTANT_PHRASINGS=str(home.phrasings)))
    assert (built["phrasings"], without["phrasings"], elsewhere["phrasings"]) == (1, 0, 1)
    assert built["fingerprint"] == elsewhere["fingerprint"] != without["fingerprint"]
    assert built["chunks"] == without["chunks"]
    done = home.process("index", "build", ASSISTANT_PHRASINGS="/没有/这里")
    assert done.returncode != 0
    assert "ASSISTANT_PHRASINGS" in done.stderr


def test_a_model_writes_them_for_people_to_look_through(home: Home) -> None:
    home.put()
    with ScriptedLlm() as server:
        server.compose = lambda messages: "1 要干啥活\n1 收钱合理不？\n1 要干啥活\n2 第二句问啥\n"
        llm: dict[str, Any] = {"ASSISTANT_LLM__BASE_URL": server.base_url, "ASSISTANT_LLM__MODEL": "scripted"}
        out = home.run("corpus", "phrase", "通知", "--json", **llm)
        [done] = json.loads(out)
        written = yaml.safe_load((home.phrasings / "通知.llm.yaml").read_text(encoding="utf-8"))
        groups = written["phrasings"]
        assert done["written"] == sum(len(g["questions"]) for g in groups) > 0
        assert {(g["origin"], g["reviewed"]) for g in groups} == {("llm:scripted", False)}
        questions = [q for g in groups for q in g["questions"]]
        assert len(questions) == len(set(questions))
        assert "收钱合理不？" not in questions
        assert home.run("corpus", "phrase", "通知", **llm).startswith("通知：新拟问法 0 条")
        assert len(server.requests) % 2 == 0
        assert "待复核" in home.run("corpus", "phrasings")
        assert json.loads(home.run("index", "build", "--json"))["phrasings"] == 1 + len(questions)
        server.behaviour = Behaviour.UNAUTHORIZED
        failed = home.process("corpus", "phrase", "通知", **llm)
        assert failed.returncode == 1
        assert "没有拟出" in failed.stderr


def test_without_a_model_or_a_document_that_is_said(home: Home) -> None:
    assert "ASSISTANT_LLM__BASE_URL" in home.process("corpus", "phrase", "通知").stderr
    llm = {"ASSISTANT_LLM__BASE_URL": "http://127.0.0.1:9/v1", "ASSISTANT_LLM__MODEL": "m"}
    done = home.process("corpus", "phrase", "没有的", **llm)
    assert done.returncode != 0
    assert "corpus list" in done.stderr
    assert not list(home.phrasings.iterdir())
