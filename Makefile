# Two commands do everything: `make run` and `make test`. Needs Python 3.11+, make, and access to PyPI.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help run ask laws model index test lint limits api-fuzz eval bench door-load chaos lock clean distclean setup setup-dev

PY := .venv/bin/python
CASES ?= eval/seen/notice_gold.jsonl
OUT ?= artifacts/run.jsonl
# Files of tests that run beside each other; each takes up to 5 GB of memory in the end.
PROCESSES ?= 2

# One thread for the embedder: more only fight over few cores. Nothing asks other hosts while running.
export OMP_NUM_THREADS ?= 1
export HF_HUB_OFFLINE := 1
export ANONYMIZED_TELEMETRY := False
export GRADIO_ANALYTICS_ENABLED := False
export PYTHONUTF8 := 1
# The question as it was typed: a $ in it is a character and no variable of make.
override Q := $(value Q)
export Q

help: ## 显示本说明
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

run: index ## 准备环境和索引，启动网页与接口（HOST=… PORT=… 可改地址）
	@echo '[3/3] 启动服务……'
	@exec $(PY) -m assistant serve --starters

ask: index ## 在终端问一个问题：make ask Q='贷款到期还不上，能续贷吗？'
	@if [ -z "$$Q" ]; then echo "请这样使用：make ask Q='贷款到期还不上，能续贷吗？'" >&2; exit 2; fi
	@$(PY) -m assistant ask -- "$$Q"

laws: model ## 收入 16 部常用法律（make run 首次启动时会自动做）
	@echo '收入常用法律……'
	@$(PY) -m assistant corpus import china-law --add

# Made once; a machine that cannot run it goes on with the slower one it comes from.
model: setup
	@$(PY) -m assistant model prepare || echo "改用较慢的内置模型继续。"

index: model
	@echo '[2/3] 准备条款索引（没有变化时不重建）……'
	@$(PY) -m assistant index build || [ $$? -eq 3 ]

test: lint ## 装好测试环境，做全部检查和测试
	@echo '[3/3] 运行测试……'
	@$(PY) -m pytest -n $(PROCESSES) --dist loadfile

lint: setup-dev ## 检查代码格式与类型
	@echo '[2/3] 检查代码……'
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy

limits: setup ## 列出超过篇幅和复杂度上限的文件、类和函数
	@$(PY) scripts/shape_limits.py

api-fuzz: setup-dev ## 按接口说明对运行中的服务做一万次以上的随机请求
	@PYTHONPATH=.:tests/support:tests/e2e $(PY) -m api_fuzz --out artifacts/api_fuzz

eval: model ## 评测：make eval CASES=用例.jsonl OUT=结果.jsonl
	@mkdir -p artifacts
	@$(PY) -m assistant eval run --no-llm --cases '$(CASES)' --out '$(OUT)'
	@$(PY) -m assistant eval score '$(OUT)' --cases '$(CASES)'

bench: index ## 测量启动、首问和连续提问的用时
	@$(PY) scripts/bench.py

door-load: index ## 测量服务在重压下的表现：许多流、超量提问、中途离开的客户端
	@$(PY) scripts/door_load.py

chaos: setup ## 在随机的时刻结束进程二百次，查看有没有丢失或残缺：KILLS=200 SEED=1
	@$(PY) scripts/chaos.py --kills $(or $(KILLS),200) --seed $(or $(SEED),1) --out artifacts/chaos.json

lock: setup-dev ## 按 pyproject.toml 重新生成 constraints.txt
	@sh scripts/lock.sh

clean: ## 删除索引、缓存和测试产物
	@find indexes -mindepth 1 -maxdepth 1 ! -name README.md -exec rm -rf {} +
	@rm -rf artifacts build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find assistant tests -name __pycache__ -type d -prune -exec rm -rf {} +

distclean: clean ## 连同虚拟环境一起删除
	@rm -rf .venv *.egg-info

setup:
	@echo '[1/3] 准备运行环境……'
	@sh scripts/setup.sh base

setup-dev:
	@echo '[1/3] 准备测试环境……'
	@sh scripts/setup.sh dev
