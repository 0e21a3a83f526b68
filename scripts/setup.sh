#!/bin/sh
# Prepares .venv: `setup.sh base` for running, `setup.sh dev` for the tests too (with PyTorch).
# Does nothing when what is installed was installed from the same files.
set -eu
cd "$(dirname "$0")/.."
what=${1:-base}
venv=.venv

say() { printf '%s\n' "$*" >&2; }

is_new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

find_python() {
    for name in ${PYTHON:-} python3.13 python3.12 python3.11 python3 python; do
        if is_new_enough "$name"; then
            printf '%s\n' "$name"
            return
        fi
    done
    say '没有找到 Python 3.11 或更新的版本。请先安装 Python（3.11 及以上），再运行本命令。'
    return 1
}

# What the environment depends on; the folder too, because an editable install points to it.
wanted() {
    { pwd; cat pyproject.toml constraints.txt scripts/setup.sh; } | cksum
}

make_venv() {
    if [ -x "$venv/bin/python" ] && is_new_enough "$venv/bin/python" && "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
        return
    fi
    python=$(find_python)
    say "正在用 $("$python" --version) 建立虚拟环境 $venv ……"
    rm -rf "$venv"
    if ! "$python" -m venv "$venv"; then
        rm -rf "$venv"
        say '虚拟环境没有建成。Debian、Ubuntu 请先安装系统软件包 python3-venv，再运行本命令。'
        return 1
    fi
}

install() {
    if ! "$venv/bin/python" -m pip install --disable-pip-version-check -c constraints.txt "$@"; then
        say '依赖没有装好。请检查网络和磁盘空间（运行约需 1 GB，测试约需 3 GB），再运行一次；已下载的部分不会重来。'
        return 1
    fi
}

stamp() { wanted >"$venv/.installed-$1"; }

is_installed() { [ -x "$venv/bin/python" ] && [ "$(cat "$venv/.installed-$1" 2>/dev/null)" = "$(wanted)" ]; }

case $what in
base)
    is_installed base && exit 0
    make_venv
    say '正在安装运行所需的依赖（首次约 2 到 5 分钟）……'
    install -e .
    stamp base
    ;;
dev)
    is_installed dev && exit 0
    make_venv
    say '正在安装测试所需的依赖，含 PyTorch（首次约 5 到 10 分钟）……'
    install -e '.[dev]'
    stamp base
    stamp dev
    ;;
*)
    say '用法：scripts/setup.sh base|dev'
    exit 2
    ;;
esac
say '依赖已就绪。'
