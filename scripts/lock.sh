#!/bin/sh
# Writes constraints.txt: every version that the tests ran with, as plain pins.
# Left out: PyTorch and what only its CUDA build needs (each platform has its own), the list of
# certificate authorities (a security fix must not be held back), and this project itself.
set -eu
cd "$(dirname "$0")/.."
all=$(mktemp)
limits=$(mktemp)
trap 'rm -f "$all" "$limits"' EXIT

echo 'huggingface-hub<2' >"$limits" # what the base takes alone is too new for transformers
.venv/bin/python -m uv pip compile pyproject.toml --extra dev --quiet --upgrade \
    --no-header --no-annotate --constraint "$limits" --output-file "$all"
grep -E '^[A-Za-z0-9._-]+==' "$all" |
    grep -v -i -E '^(torch|triton|certifi|puhui-policy-assistant|nvidia-[a-z0-9-]+|cuda-[a-z0-9-]+)==' >constraints.txt.part
mv constraints.txt.part constraints.txt
echo "constraints.txt：$(wc -l <constraints.txt) 项"
