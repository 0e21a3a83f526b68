"""How fast text becomes a clause tree, and what 10,000 small files cost in one run.

    python scripts/bench_parsing.py [--files 10000]

Figures are those of one core: processor time, not wall time, decides the rate.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import sys
import tempfile
import time
from pathlib import Path

from assistant.corpus.reading import parse_file

_ARTICLE = (
    "第{n}条 银行业金融机构应当完善第{k}号授信审批流程，并依照本办法第{r}条第一款的规定留存记录。\n"
    "前款规定的机构办理续贷业务，应当符合下列条件：\n"
    "（一）依法设立，持续经营满{k}年；\n"
    "（二）贷款用途合规，风险分类为正常类；\n"
    "（三）法律、行政法规规定的其他条件。\n"
)
# As long as articles usually are; the one above is mostly numbers and references.
_PROSE = (
    "第{n}条 银行业金融机构应当根据小微企业的经营特点，合理确定贷款期限和还款方式，完善内部考核办法，"
    "对第{k}类客户单列信贷计划，简化审批流程，按规定公开服务价格，不得转嫁应由自身承担的费用。\n"
    "县级以上地方人民政府有关部门应当建立信用信息共享机制，及时提供登记、纳税、社会保险、用水用电等信息，"
    "支持银行业金融机构核实企业经营情况，并依照第{r}条的规定对信息的使用进行监督，保护企业的商业秘密。\n"
)
_DIGITS = "零一二三四五六七八九"
_STEPS = 4


def _han(value: int) -> str:
    out = ""
    for unit, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, value = divmod(value, unit)
        if digit:
            out += _DIGITS[digit] + name
        elif out and value and not out.endswith("零"):
            out += "零"
    return out.removeprefix("一") if out.startswith("一十") else out


def law(articles: int, pattern: str = _ARTICLE) -> str:
    """A 办法 with that many articles."""
    lines = (pattern.format(n=_han(n), k=n % 9 + 1, r=_han(max(1, n - 1))) for n in range(1, articles + 1))
    return "某市小微企业贷款管理办法\n" + "".join(lines)


def rate(folder: Path, articles: int, pattern: str) -> tuple[float, float]:
    """Megabytes in a file, and megabytes of text per second of processor time, the best of three."""
    path = folder / f"law-{articles}.txt"
    path.write_text(law(articles, pattern), encoding="utf-8")
    size = path.stat().st_size / 1e6
    best = 0.0
    for _ in range(3):
        began = time.process_time()
        document = parse_file(path)
        best = max(best, size / (time.process_time() - began))
        if sum(c.level.value == "article" for c in document.walk()) != articles:
            raise SystemExit(f"{path.name}: not every article was found")
    return size, best


def resident_mb() -> float:
    """Memory this process holds now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 2**20


def many(folder: Path, count: int) -> list[str]:
    """Parse `count` small files one after another, memory noted at each quarter."""
    paths = []
    for number in range(count):
        path = folder / f"small-{number}.txt"
        path.write_text(law(3 + number % 5), encoding="utf-8")
        paths.append(path)
    rows, began = [], time.perf_counter()
    for number, path in enumerate(paths, start=1):
        parse_file(path)
        if number == min(200, count) or number % max(1, count // _STEPS) == 0:
            rows.append(f"{number:>7} files {time.perf_counter() - began:>7.1f} s {resident_mb():>8.1f} MB")
    return rows


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=10_000)
    files = parser.parse_args().files
    out = [f"Python {platform.python_version()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"]
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for name, pattern in (("dense", _ARTICLE), ("prose", _PROSE)):
            for articles in (300, 1000):
                size, speed = rate(folder, articles, pattern)
                out.append(f"txt, {name}, {size:.2f} MB: {speed:.2f} MB per second of one core")
        out += many(folder, files)
    sys.stdout.write("\n".join(out) + "\n")


if __name__ == "__main__":
    main()
