"""Settings: read once, strange names refused, values never repeated."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.errors import SettingsError
from assistant.settings import HOME, EmbedderKind, Settings, load


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder without `.env`."""
    monkeypatch.chdir(tmp_path)


def test_defaults_need_nothing() -> None:
    settings = load()
    assert settings.embedder.kind is EmbedderKind.AUTO
    assert (settings.host, settings.port) == ("127.0.0.1", 7860)
    assert settings.corpus_dir == HOME / "corpus"
    assert not settings.llm.configured


def test_nested_names_are_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ASSISTANT_INDEXES_DIR", str(tmp_path))
    monkeypatch.setenv("ASSISTANT_EMBEDDER__KIND", "hashing")
    monkeypatch.setenv("ASSISTANT_LLM__BASE_URL", "http://127.0.0.1:1/v1")
    monkeypatch.setenv("ASSISTANT_LLM__MODEL", "some-model")
    settings = load()
    assert settings.indexes_dir == tmp_path
    assert settings.embedder.kind is EmbedderKind.HASHING
    assert settings.llm.configured


def test_host_and_port_work_alone_and_our_names_come_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOST", "127.0.0.2")
    monkeypatch.setenv("PORT", "8001")
    assert (load().host, load().port) == ("127.0.0.2", 8001)
    monkeypatch.setenv("ASSISTANT_PORT", "8002")
    assert load().port == 8002
    assert load(port=8003).port == 8003


@pytest.mark.parametrize(
    "name", ["ASSISTANT_EMBEDER__KIND", "ASSISTANT_TOKEN", "ASSISTANT_LLM__BASEURL", "ASSISTANT_EMBEDDER__KIND__X"]
)
def test_an_unknown_name_is_refused(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "secret-value")
    with pytest.raises(SettingsError) as caught:
        load()
    assert "secret-value" not in caught.value.message
    assert "docs/settings.md" in caught.value.message


def test_an_unknown_name_in_the_file_is_refused_too(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("OTHER_PROGRAM=1\nASSISTANT_PORT=8005\n", encoding="utf-8")
    assert load().port == 8005
    (tmp_path / ".env").write_text("assistant_tokn=secret-value\n", encoding="utf-8")
    with pytest.raises(SettingsError, match="assistant_tokn") as caught:
        load()
    assert "secret-value" not in caught.value.message


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ASSISTANT_PORT", "70000"),
        ("ASSISTANT_EMBEDDER__KIND", "magic-value"),
        ("ASSISTANT_EMBEDDER__BATCH_SIZE", "0"),
        ("ASSISTANT_LLM__TEMPERATURE", "hot-value"),
        ("ASSISTANT_LLM", "not-json-value"),
    ],
)
def test_a_value_that_cannot_be_used_is_named_but_not_repeated(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        load()
    assert value not in caught.value.message
    assert "docs/settings.md" in caught.value.message


def test_keys_do_not_show_in_a_printed_tree(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSISTANT_LLM__API_KEY", "sk-very-secret")
    assert "sk-very-secret" not in repr(load())


def test_every_setting_is_explained_in_the_docs() -> None:
    text = (HOME / "docs" / "settings.md").read_text(encoding="utf-8")
    names = []
    for name, field in Settings.model_fields.items():
        nested = getattr(field.annotation, "model_fields", None)
        names += [f"ASSISTANT_{name}__{inner}".upper() for inner in nested] if nested else [f"ASSISTANT_{name}".upper()]
    assert len(names) > 15
    assert [name for name in names if f"`{name}`" not in text] == []


@pytest.mark.parametrize("prefix", ["policy", "/policy/", "//x", "/a b", "/../x?", "https://x"])
def test_a_prefix_is_a_path_without_a_last_slash(prefix: str) -> None:
    assert load(root_path="/a/policy-1").root_path == "/a/policy-1"
    with pytest.raises(SettingsError, match="root_path"):
        load(root_path=prefix)
