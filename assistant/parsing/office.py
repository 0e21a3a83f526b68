"""Files of older programs (.doc, .wps, .xls, .ppt) become files that we read, where LibreOffice is installed.

The office suite runs in a process group of its own with limits on memory, time and file sizes, in an empty folder
with a profile of its own, so that no macro, extension or setting of a person comes into play. What it writes is then
read in the child process of every other file (sandbox.py). It is stopped with all that it started.

    soffice --headless --convert-to docx --outdir FOLDER FOLDER/in.doc
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from assistant.parsing.formats.model import CORRUPT, TIMEOUT, TOO_LARGE, UNSUPPORTED, Rejected
from assistant.parsing.formats.sniff import CONVERTED

PROGRAMS = ("soffice", "libreoffice")
_MEMORY_BYTES = 4 * 2**30  # address space; the suite maps much more than it uses
_MAX_WRITTEN = 100 * 2**20
_OPEN_FILES = 512
_GRACE_S = 5.0
# No macro runs, no link is followed; whoever asks for an address all the same finds a proxy that is not there.
_PROFILE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="DisableMacrosExecution" oor:op="fuse"><value>true</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="MacroSecurityLevel" oor:op="fuse"><value>3</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="BlockUntrustedRefererLinks" oor:op="fuse"><value>true</value></prop></item>
<item oor:path="/org.openoffice.Inet/Settings"><prop oor:name="ooInetProxyType" oor:op="fuse"><value>2</value></prop></item>
<item oor:path="/org.openoffice.Inet/Settings"><prop oor:name="ooInetHTTPProxyName" oor:op="fuse"><value>127.0.0.1</value></prop></item>
<item oor:path="/org.openoffice.Inet/Settings"><prop oor:name="ooInetHTTPProxyPort" oor:op="fuse"><value>9</value></prop></item>
<item oor:path="/org.openoffice.Inet/Settings"><prop oor:name="ooInetHTTPSProxyName" oor:op="fuse"><value>127.0.0.1</value></prop></item>
<item oor:path="/org.openoffice.Inet/Settings"><prop oor:name="ooInetHTTPSProxyPort" oor:op="fuse"><value>9</value></prop></item>
</oor:items>
"""  # noqa: E501 - one setting a line, as the suite writes them


def office_program() -> str | None:
    """The path of an office suite that can convert, `None` where there is none."""
    return next((found for name in PROGRAMS if (found := shutil.which(name))), None)


def converted(raw: bytes, suffix: str, *, timeout_s: float) -> tuple[str, bytes]:
    """The format that a file with this `suffix` (.doc) becomes, and the converted bytes.

    Raises:
        Rejected: `unsupported_format` without an office suite, `timeout`, `too_large`, or `corrupt` when nothing
            came out, as with a password.
    """
    program, target = office_program(), CONVERTED[suffix]
    if program is None:
        raise Rejected(UNSUPPORTED, f"本机没有安装 LibreOffice，不能读取 {suffix}，请另存为 .{target} 再加入")
    with tempfile.TemporaryDirectory(prefix="convert-") as name:
        folder = Path(name)
        source, written = folder / f"in{suffix}", folder / "out" / f"in.{target}"
        source.write_bytes(raw)
        written.parent.mkdir()
        settings = folder / "profile" / "user" / "registrymodifications.xcu"
        settings.parent.mkdir(parents=True)
        settings.write_text(_PROFILE, encoding="utf-8")
        _run(_command(program, source, target), folder, timeout_s)
        return target, _result(written, suffix, target)


def _command(program: str, source: Path, target: str) -> list[str]:
    profile = (source.parent / "profile").as_uri()
    options = ["--headless", "--norestore", "--nolockcheck", "--nodefault", f"-env:UserInstallation={profile}"]
    return [program, *options, "--convert-to", target, "--outdir", str(source.parent / "out"), str(source)]


def _run(command: list[str], folder: Path, timeout_s: float) -> None:
    """Run the suite to its end, or stop it and its children when the time is over."""
    nowhere = "http://127.0.0.1:9"
    environment = {"PATH": os.environ.get("PATH", ""), "HOME": str(folder), "TMPDIR": str(folder), "LANG": "C.UTF-8"}
    environment |= dict.fromkeys(("http_proxy", "https_proxy", "all_proxy"), nowhere)
    running = subprocess.Popen(  # noqa: S603 - a program found on the path, arguments of our own
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        _limit(running.pid, timeout_s)
        running.wait(timeout=timeout_s)
    except subprocess.TimeoutExpired as exc:
        raise Rejected(TIMEOUT, "转换时间超过上限，文件可能过于复杂，请用原来的程序另存后再加入") from exc
    finally:
        _stop(running)


def _limit(pid: int, seconds: float) -> None:
    """Set limits on the process from outside: nothing runs between fork and exec in a program with threads."""
    import resource

    wanted = {
        resource.RLIMIT_AS: _MEMORY_BYTES,
        resource.RLIMIT_FSIZE: _MAX_WRITTEN,
        resource.RLIMIT_NOFILE: _OPEN_FILES,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_CPU: int(seconds) + 2,
    }
    for what, soft in wanted.items():
        try:
            hard = resource.prlimit(pid, what)[1]
            bound = soft if hard == resource.RLIM_INFINITY else min(soft, hard)
            resource.prlimit(pid, what, (bound, bound))
        except ProcessLookupError:
            return  # it has ended already


def _stop(running: subprocess.Popen[bytes]) -> None:
    """End the process and whatever it started; its group is its own."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(running.pid, signal.SIGKILL)
    running.wait(timeout=_GRACE_S)


def _result(written: Path, suffix: str, target: str) -> bytes:
    if not written.is_file() or written.is_symlink():
        advice = f"请核对文件是否设有密码或已损坏，或用原来的程序另存为 .{target} 再加入"
        raise Rejected(CORRUPT, f"LibreOffice 没有能转换这份 {suffix} 文件，{advice}")
    if written.stat().st_size > _MAX_WRITTEN:
        raise Rejected(TOO_LARGE, "转换出的文件过大，请拆分后再加入")
    return written.read_bytes()
