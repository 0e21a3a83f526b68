"""The command line as a process of its own, with the hashing embedder, in a folder of its own."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

ROOT = Path(__file__).resolve().parents[2]
QUESTION = "银行不得用续贷掩盖什么？"


def environment(home: Path) -> dict[str, str]:
    return {
        **os.environ,
        "ASSISTANT_EMBEDDER__KIND": "hashing",
        "ASSISTANT_INDEXES_DIR": str(home / "indexes"),
        "PYTHONPATH": str(ROOT),
        "PYTHONIOENCODING": "utf-8",
        "COLUMNS": "100",
        "NO_COLOR": "1",
    }


def run_in(
    home: Path, *arguments: str, stdin: bytes = b"", variables: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "assistant", *arguments],
        cwd=home,
        capture_output=True,
        input=stdin,
        check=False,
        timeout=120,
        env={**environment(home), **(variables or {})},
    )
    out, err = done.stdout.decode("utf-8"), done.stderr.decode("utf-8")
    assert "Traceback" not in err, err
    return subprocess.CompletedProcess(done.args, done.returncode, out, err)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a built index."""
    home = tmp_path_factory.mktemp("home")
    built = run_in(home, "index", "build")
    assert built.returncode == 0, built.stderr
    return home


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A folder without an index."""
    return tmp_path


def one_line(text: str) -> bool:
    return text.endswith("\n") and text.count("\n") == 1


# --- help and wrong use -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    ["", "ask", "chat", "search", "serve", "index", "index build", "eval", "eval run", "corpus", "corpus show", "mask"],
)
def test_help_is_chinese(bare: Path, path: str) -> None:
    done = run_in(bare, *path.split(), "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert f"用法： assistant {path}".rstrip() in done.stdout
    assert "显示本说明后退出。" in done.stdout
    assert not re.search(r"Usage|Options|Commands|Arguments|Show this|required|default", done.stdout)


def test_version(bare: Path) -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+\n", run_in(bare, "--version").stdout)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["ask"], "缺少参数 问题"),
        (["ask", "--secret-option", "问"], "不认识的选项"),
        (["secret-command"], "命令不完整或不认识"),
        (["search", "问", "--limit", "secret"], "选项 --limit 的取值不能使用"),
        (["search", "问", "--limit", "0"], "选项 --limit 的取值不能使用"),
        (["serve", "--port", "70000"], "选项 --port 的取值不能使用"),
        (["eval", "run", "--cases", "x.jsonl"], "缺少选项 --out"),
        (["ask", "--as-of", "secret", "问"], "须为日期"),
        (["ask", "--kind", "secret", "问"], "选项 --kind 的取值不能使用"),
        (["search", "--as-of", "secret", "问"], "须为日期"),
        (["ask", ""], "请输入您想问的问题"),
        (["ask", "密码是secret123"], "密码或验证码"),
        (["search", "验证码：secret9"], "密码或验证码"),
        (["mask"], "请给出一段文字"),
        (["mask", "secret", "--in", "secret"], "请给出一段文字"),
        (["mask", "--in", "没有.jsonl", "--out", "x.jsonl"], "无法读取"),
        (["ask", " \u3000\u200b"], "请输入您想问的问题"),
        (["ask", "secret" * 400], "2000 字以内"),
        (["search", "secret\x07"], "无法识别的字符"),
    ],
)
def test_wrong_use_is_one_chinese_line_without_an_echo(bare: Path, arguments: list[str], words: str) -> None:
    done = run_in(bare, *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert one_line(done.stderr)
    assert "secret" not in done.stderr


def test_broken_bytes_in_a_question_are_refused(bare: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "assistant", "ask", b"\xff\xfe\xe4"],
        cwd=bare,
        capture_output=True,
        check=False,
        timeout=60,
        env=environment(bare),
    )
    assert done.returncode == 2
    assert "无法识别的字符" in done.stderr.decode("utf-8")


@pytest.mark.parametrize(
    ("name", "value"),
    [("ASSISTANT_EMBEDER__KIND", "secret"), ("ASSISTANT_PORT", "secret"), ("ASSISTANT_LOG_LEVEL", "secret")],
)
def test_a_setting_that_cannot_be_used_is_named(bare: Path, name: str, value: str) -> None:
    done = run_in(bare, "index", "list", variables={name: value})
    assert done.returncode == 2
    assert "docs/settings.md" in done.stderr
    assert value not in done.stderr
    assert one_line(done.stderr)


def test_a_character_the_terminal_lacks_is_no_fault(bare: Path) -> None:
    done = run_in(bare, "index", "list", variables={"PYTHONIOENCODING": "ascii"})
    assert done.returncode == 0


# --- questions ----------------------------------------------------------------------------------


@pytest.mark.parametrize("arguments", [["ask", QUESTION], ["search", QUESTION], ["chat"], ["index", "verify"]])
def test_without_an_index_the_command_to_run_is_named(bare: Path, arguments: list[str]) -> None:
    done = run_in(bare, *arguments)
    assert (done.returncode, done.stdout) == (1, "")
    assert "index build" in done.stderr
    assert one_line(done.stderr)


def test_an_answer_cites_its_clause(home: Path) -> None:
    done = run_in(home, "ask", QUESTION)
    assert (done.returncode, done.stderr) == (0, "")
    assert "信用风险" in done.stdout
    assert "五、（十）" in done.stdout


def test_an_answer_for_programs(home: Path) -> None:
    done = run_in(home, "ask", "--json", "--no-llm", QUESTION)
    answer = json.loads(done.stdout)
    assert answer["outcome"] == "answered"
    assert "五、（十）" in [citation["address"] for citation in answer["citations"]]
    assert all(citation["verified"] for citation in answer["citations"])


def test_plain_words_without_a_model_are_said_to_need_one(home: Path) -> None:
    done = run_in(home, "ask", "--plain", QUESTION)
    assert done.returncode == 0
    assert "口语版需要语言模型" in done.stdout
    assert "信用风险" in done.stdout


def test_a_question_may_look_like_an_option(home: Path) -> None:
    assert run_in(home, "ask", "--", "--续贷有什么规定").returncode == 0


def test_search_for_programs_keeps_to_the_limit(home: Path) -> None:
    found = json.loads(run_in(home, "search", QUESTION, "--limit", "3", "--json").stdout)
    assert [hit["rank"] for hit in found["hits"]] == [1, 2, 3]
    assert found["hits"][0]["address"] == "五、（十）"
    assert "续贷" in found["hits"][0]["text"]


def test_filters_narrow_a_search_and_name_no_strange_document(home: Path) -> None:
    chosen = ["--doc", "notice_2024_shaanxi", "--kind", "规范性文件", "--region", "陕西省", "--institution", "保险公司"]
    found = json.loads(run_in(home, "search", QUESTION, *chosen, "--json").stdout)
    assert found["hits"]
    assert {hit["legal_level"] for hit in found["hits"]} == {"规范性文件"}
    assert all("保险" in hit["text"] for hit in found["hits"])
    assert json.loads(run_in(home, "search", QUESTION, "--kind", "法律", "--json").stdout)["hits"] == []
    strange = run_in(home, "search", QUESTION, "--doc", "secret")
    assert (strange.returncode, "不在库中" in strange.stderr, "secret" in strange.stderr) == (2, True, False)


def test_search_goes_beyond_what_an_answer_may_rest_on(home: Path) -> None:
    found = json.loads(run_in(home, "search", QUESTION, "--limit", "16", "--json").stdout)
    assert len(found["hits"]) == 16
    assert all(hit["text"] for hit in found["hits"])


def test_chat_remembers_and_survives_bad_lines(home: Path) -> None:
    lines = f"{QUESTION}\n\n那鼓励做什么呢\n坏\x00行\n\udcff".encode("utf-8", "surrogateescape")
    done = run_in(home, "chat", stdin=lines + "\n/new\n/exit\n不会问到\n".encode())
    assert done.returncode == 0
    assert done.stdout.count("【") >= 2
    assert "理解为：" in done.stdout  # the follow-up was filled in
    assert "已开始新对话。" in done.stdout
    assert done.stderr.count("无法识别的字符") == 2
    assert "不会问到" not in done.stdout


def test_chat_ends_with_its_input(home: Path) -> None:
    done = run_in(home, "chat", stdin=b"")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


# --- index --------------------------------------------------------------------------------------


def test_building_again_builds_nothing(home: Path) -> None:
    report = json.loads(run_in(home, "index", "build", "--json").stdout)
    assert (report["built"], report["documents"], report["rejected"]) == (False, 1, [])


def test_list_and_verify(home: Path) -> None:
    (generation,) = json.loads(run_in(home, "index", "list", "--json").stdout)
    assert generation["current"] is True
    assert run_in(home, "index", "list").stdout.startswith(f"* {generation['name']}")
    report = json.loads(run_in(home, "index", "verify", "--json").stdout)
    assert (report["ok"], report["documents"]) == (True, 1)
    assert "索引完好" in run_in(home, "index", "verify").stdout


def corpus(folder: Path, **texts: str) -> Path:
    folder.mkdir()
    for name, text in texts.items():
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
    return folder


LAW = "试行办法\n\n第一条 为了试验，制定本办法。\n\n第二条 银行应当在三日内答复。\n"


def test_rollback_returns_to_the_generation_before(bare: Path) -> None:
    assert run_in(bare, "index", "rollback").returncode == 1
    first = json.loads(run_in(bare, "index", "build", "--json").stdout)
    other = corpus(bare / "other", law=LAW)
    second = json.loads(run_in(bare, "index", "build", "--corpus", str(other), "--json").stdout)
    assert first["fingerprint"] != second["fingerprint"]
    assert json.loads(run_in(bare, "index", "rollback", "--json").stdout)["fingerprint"] == first["fingerprint"]


def test_a_file_that_cannot_be_read_is_named_and_counted(bare: Path) -> None:
    folder = corpus(bare / "mixed", law=LAW)
    (folder / "garbled.txt").write_bytes(b"\xff\xfe\x00\xd8" * 10)
    done = run_in(bare, "index", "build", "--corpus", str(folder))
    assert done.returncode == 3
    assert "有 1 份文件没有收入" in done.stderr
    assert "garbled.txt" in done.stderr
    assert "1 份文件" in done.stdout
    (rejected,) = json.loads(run_in(bare, "index", "build", "--corpus", str(folder), "--json").stdout)["rejected"]
    assert rejected["path"].endswith("garbled.txt")


@pytest.mark.parametrize("name", ["empty", "none"])
def test_a_corpus_without_a_readable_file_is_a_fault(bare: Path, name: str) -> None:
    (bare / "empty").mkdir()
    done = run_in(bare, "index", "build", "--corpus", str(bare / name))
    assert (done.returncode, done.stdout) == (1, "")
    assert not (bare / "indexes" / "CURRENT").exists()


def test_a_damaged_index_names_the_command_to_run(bare: Path) -> None:
    report = json.loads(run_in(bare, "index", "build", "--json").stdout)
    (record,) = Path(report["folder"]).glob("*.sqlite*")
    record.write_bytes(b"not a database" * 100)
    asked, verified = run_in(bare, "ask", QUESTION), run_in(bare, "index", "verify")
    assert (asked.returncode, verified.returncode) == (1, 1)
    assert "index build" in asked.stderr
    assert "处问题" in verified.stdout


# --- corpus -------------------------------------------------------------------------------------


def test_the_corpus_and_a_tree(bare: Path) -> None:
    assert run_in(bare, "corpus", "show").stdout.startswith("notice_2024_shaanxi  《")
    tree = run_in(bare, "corpus", "show", "notice_2024_shaanxi").stdout.splitlines()
    assert "    五、（十）　规范贷款管理，促进小微业务健康发展" in tree
    whole = json.loads(run_in(bare, "corpus", "show", "notice_2024_shaanxi", "--json").stdout)
    addresses = [clause["address"] for clause in whole["clauses"]]
    assert "五、（十）第二段" in addresses
    assert len(addresses) == len(set(addresses))


def test_a_document_that_is_not_there(bare: Path) -> None:
    done = run_in(bare, "corpus", "show", "secret")
    assert (done.returncode, done.stdout) == (1, "")
    assert "secret" not in done.stderr


def test_the_corpus_names_what_it_cannot_read(bare: Path) -> None:
    folder = corpus(bare / "mixed", law=LAW)
    (folder / "garbled.txt").write_bytes(b"\xff\xfe\x00\xd8" * 10)
    done = run_in(bare, "corpus", "show", "--corpus", str(folder), "--json")
    assert done.returncode == 3
    assert [document["id"] for document in json.loads(done.stdout)] == ["law"]
    assert "garbled.txt" in done.stderr


# --- evaluation ---------------------------------------------------------------------------------


def cases_file(folder: Path, *cases: dict[str, Any]) -> Path:
    path = folder / "cases.jsonl"
    path.write_text("".join(f"{json.dumps(case, ensure_ascii=False)}\n" for case in cases), encoding="utf-8")
    return path


NOTICE_CASE = {"id": "d1", "question": QUESTION, "gold_clauses": ["（十）"], "must_include": ["信用风险"]}


def test_an_evaluation_ranks_every_clause_and_leaves_the_served_index_alone(bare: Path) -> None:
    out = bare / "run.jsonl"
    arguments = ["eval", "run", "--no-llm", "--cases", str(cases_file(bare, NOTICE_CASE)), "--out", str(out)]
    done = run_in(bare, *arguments, "--json")
    assert done.returncode == 0, done.stderr
    facts = json.loads(done.stdout)
    assert (facts["cases"], facts["unusable"], facts["rejected_files"], facts["llm"]) == (1, 0, [], None)
    assert re.fullmatch(r"[0-9a-f]{64}", facts["fingerprint"])
    (line,) = map(json.loads, out.read_text(encoding="utf-8").splitlines())
    assert line["ranked_clauses"][0] == "（十）"
    assert sorted(line["ranked_clauses"]) == sorted(
        ["title", "preamble", "一", *(f"（{n}）" for n in (*"一二三四五六七八九十", "十一", "十二", "十三"))]
    )
    assert "（十）" in line["citations"]
    assert "信用风险" in line["answer"]
    assert "依据：" not in line["answer"]
    assert line["refused"] is False
    assert not (bare / "indexes" / "CURRENT").exists()
    again = run_in(bare, *arguments)
    assert "向量" not in again.stderr  # the scratch index was kept


def test_an_evaluation_over_several_corpora_writes_whole_ids(bare: Path) -> None:
    folder = corpus(bare / "laws", law=LAW)
    case = {"id": "m1", "question": "银行几日内答复？", "gold": [{"doc": "law", "clause": "第二条"}]}
    out = bare / "run.jsonl"
    paths = ["--corpus", str(folder), "--corpus", str(ROOT / "corpus")]
    done = run_in(bare, "eval", "run", *paths, "--cases", str(cases_file(bare, case)), "--out", str(out))
    assert done.returncode == 0, done.stderr
    (line,) = map(json.loads, out.read_text(encoding="utf-8").splitlines())
    assert line["ranked_clauses"][0] == "law#第二条"
    assert "notice_2024_shaanxi#（十）" in line["ranked_clauses"]
    assert "2 份文件" in done.stdout


def test_an_evaluation_counts_what_it_had_to_leave_out(bare: Path) -> None:
    folder = corpus(bare / "mixed", law=LAW)
    (folder / "garbled.txt").write_bytes(b"\xff\xfe\x00\xd8" * 10)
    cases = cases_file(bare, {"id": "e1", "question": "", "gold_clauses": []})
    out = bare / "run.jsonl"
    done = run_in(bare, "eval", "run", "--corpus", str(folder), "--cases", str(cases), "--out", str(out))
    assert done.returncode == 3
    assert "garbled.txt" in done.stderr
    assert "1 条问题无法使用" in done.stdout
    assert json.loads(out.read_text(encoding="utf-8"))["error"] == "empty_question"


def test_cases_that_cannot_be_read_stop_an_evaluation_before_it_builds(bare: Path) -> None:
    path = cases_file(bare, {"id": "d1", "strange": 1})
    done = run_in(bare, "eval", "run", "--cases", str(path), "--out", str(bare / "run.jsonl"))
    assert done.returncode == 1
    assert "第 1 行" in done.stderr
    assert not (bare / "indexes").exists()


def test_a_set_that_somebody_reads_moves_and_the_reading_is_listed(bare: Path) -> None:
    (bare / "eval" / "unseen").mkdir(parents=True)
    (bare / "eval" / "unseen" / "harbour.jsonl").write_text(json.dumps(NOTICE_CASE) + "\n", encoding="utf-8")
    facts = {"documents": "某办法", "written_by": "甲", "reviewed_by": "没有人", "rules": "写在规则之前"}
    entry = {"name": "harbour", "file": "unseen/harbour.jsonl", "kind": "questions", **facts}
    (bare / "eval" / "sets.jsonl").write_text(json.dumps(entry, ensure_ascii=False) + "\n", encoding="utf-8")
    before = run_in(bare, "eval", "sets", "list", "--folder", "eval")
    done = run_in(bare, "eval", "sets", "read", "harbour", "--by", "乙", "--why", "查错题", "--folder", "eval")
    after = run_in(bare, "eval", "sets", "list", "--folder", "eval")
    assert before.stdout == "harbour：问题，某办法，没有看过\n"
    assert (done.returncode, done.stderr) == (0, "")
    assert "看过（" in after.stdout
    assert "乙：查错题" in after.stdout
    assert (bare / "eval" / "seen" / "harbour.jsonl").is_file()


def test_a_run_is_scored_drawn_and_recorded(bare: Path) -> None:
    cases, run = cases_file(bare, NOTICE_CASE), bare / "run.jsonl"
    fields = {"ranked_clauses": ["（十）"], "answer": "防信用风险。", "citations": ["（十）"], "refused": False}
    line = {"id": "d1", **fields, "outcome": "answered", "confidence": 0.9, "latency_ms": 1.0, "cpu_ms": 1.0}
    run.write_text(json.dumps(line, ensure_ascii=False) + "\n", encoding="utf-8")
    scored = run_in(bare, "eval", "score", str(run), "--cases", str(cases), "--curve", str(bare / "curve.svg"))
    assert scored.returncode == 0, scored.stderr
    for words in ("覆盖率：1.000", "风险率：0.000", "把握 ≥0.900：1 答", "AURC 0.0000", "ECE（10 档）0.1000"):
        assert words in scored.stdout
    assert (bare / "curve.svg").read_text(encoding="utf-8").startswith("<svg")
    where = ["--set", "harbour", "--folder", str(bare / "baselines")]
    done = run_in(bare, "eval", "record", str(run), "--cases", str(cases), *where)
    assert done.returncode == 0, done.stderr
    (day,) = (bare / "baselines" / "harbour").iterdir()
    assert sorted(path.name for path in day.iterdir()) == ["run.jsonl", "score.txt"]
    assert (day / "score.txt").read_text(encoding="utf-8") == scored.stdout


# --- serve --------------------------------------------------------------------------------------


def test_serve_says_where_and_stops_when_told(home: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "assistant", "serve", "--port", "0"],
        cwd=home,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env={**environment(home), "PYTHONUNBUFFERED": "1"},
    )
    try:
        assert process.stdout is not None
        said = ""
        for line in process.stdout:
            said += line
            if "Ctrl+C" in line:
                break
        address = re.search(r"http://127\.0\.0\.1:\d+", said)
        assert address, said
        assert httpx.get(f"{address[0]}/livez", timeout=60).status_code == 200
        process.send_signal(signal.SIGTERM)
        rest, errors = process.communicate(timeout=60)
    finally:
        process.kill()
    assert "已就绪：收录 1 份文件" in said
    assert "服务已停止。" in rest
    assert (process.returncode, errors) == (0, "")


def test_a_port_in_use_is_said(home: Path) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = run_in(home, "serve", "--port", str(taken.getsockname()[1]))
    assert done.returncode == 2
    assert "端口已被其他程序占用" in done.stderr
    assert one_line(done.stderr)


# --- mask ---------------------------------------------------------------------------------------


def test_mask_a_text(bare: Path) -> None:
    text = "我叫张三，电话138-0013-8000，密码是abc123"
    assert run_in(bare, "mask", text).stdout == "我叫［姓名］，电话［手机号］，密码是［密码］\n"
    found = json.loads(run_in(bare, "mask", text, "--json").stdout)
    assert [(text[s["start"] : s["end"]], s["kind"]) for s in found["spans"]] == [
        ("张三", "name"),
        ("138-0013-8000", "mobile"),
        ("abc123", "secret"),
    ]


def test_mask_a_file(bare: Path) -> None:
    lines = [{"id": "b", "text": "身份证610103199003072317"}, {"id": 7, "text": ""}, {"id": "a", "text": "𠮷\ud800"}]
    (bare / "in.jsonl").write_text("\n\n".join(json.dumps(line) for line in lines), encoding="utf-8")
    done = run_in(bare, "mask", "--in", "in.jsonl", "--out", "out/out.jsonl")
    assert (done.returncode, done.stderr) == (0, "")
    assert "已处理 3 条" in done.stdout
    out = (bare / "out" / "out.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line) for line in out] == [
        {"id": "b", "masked": "身份证［身份证号］", "spans": [{"start": 3, "end": 21, "kind": "id_card"}]},
        {"id": 7, "masked": "", "spans": []},
        {"id": "a", "masked": "𠮷\ud800", "spans": []},
    ]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{secret", "第 2 行（不是 JSON 对象）"),
        ('["secret"]', "第 2 行（不是 JSON 对象）"),
        ('{"id": "a", "text": 13800138000}', "第 2 行（text 缺失或类型不符）"),
        ('{"id": "a", "text": "x", "secret": 1}', "第 2 行（有不认识的字段）"),
        ('{"text": "x"}', "第 2 行（id 缺失或类型不符）"),
    ],
)
def test_a_bad_line_is_named_and_leaves_no_file(bare: Path, line: str, words: str) -> None:
    (bare / "in.jsonl").write_text(f'{{"id": "a", "text": "x"}}\n{line}\n', encoding="utf-8")
    done = run_in(bare, "mask", "--in", "in.jsonl", "--out", "out.jsonl")
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert one_line(done.stderr)
    assert "secret" not in done.stderr
    assert "13800138000" not in done.stderr
    assert not (bare / "out.jsonl").exists()


def test_ask_says_what_was_masked(home: Path) -> None:
    done = run_in(home, "ask", f"我叫张三，电话13800138000，{QUESTION}")
    assert done.returncode == 0
    assert "姓名、手机号，已遮盖后处理" in done.stdout
    assert "张三" not in done.stdout + done.stderr
    assert "13800138000" not in done.stdout + done.stderr
