"""What holds for every test: no way out of this machine, no settings from outside, no silent skip in CI.

A test that needs something beyond Python packages skips with a reason where it is absent. With
`REQUIRE_SYSTEM_TESTS=1`, as `.ci/run` sets it, such a skip is a failure.
"""

from __future__ import annotations

import ipaddress
import os
import socket
import sys
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest_plugins = ["store_fixtures"]  # in tests/support
SHARED = Path(__file__).resolve().parents[2] / "shared"
_STRICT = "REQUIRE_SYSTEM_TESTS"


class OutsideConnectionError(AssertionError):
    """A test tried to reach another machine."""


# --- skips --------------------------------------------------------------------------------------


def _refuse_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    """Turn a skip into a failure where everything has to be there."""
    if os.environ.get(_STRICT) != "1" or report.outcome != "skipped" or hasattr(report, "wasxfail"):
        return
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else "no reason given"
    report.outcome = "failed"
    report.longrepr = f"{reason} (a skip is a failure with {_STRICT}=1)"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    _refuse_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _refuse_skip(report)
    return report


# --- the world outside --------------------------------------------------------------------------


def _keep_inside(event: str, args: tuple[Any, ...]) -> None:
    """An audit hook: sockets reach loopback addresses and nothing else, in every thread and fixture."""
    if event != "socket.connect" or args[0].family not in (socket.AF_INET, socket.AF_INET6):
        return
    host = str(args[1][0])
    if host != "localhost" and not _is_loopback(host):
        raise OutsideConnectionError("a test tried to connect to another machine")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:  # a name
        return False


sys.addaudithook(_keep_inside)


@pytest.fixture(autouse=True, scope="session")
def no_settings_from_outside() -> Iterator[None]:
    """`ASSISTANT_*`, `HOST` and `PORT` of whoever runs the tests do not count."""
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith("ASSISTANT_") or name in {"HOST", "PORT"}:
                patch.delenv(name)
        yield


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """The folder of source texts and evaluation sets beside the checkout; skips where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("no ../shared beside the checkout")
    return SHARED


# --- the built-in model -------------------------------------------------------------------------


@pytest.fixture(scope="session")
def prepared_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ONNX model, made once for the whole run."""
    from assistant.models.e5.prepare import prepare

    folder = tmp_path_factory.mktemp("models") / "e5-small-int8"
    prepare(folder)
    return folder
