"""Keeps every library of ours from talking to the outside. Called first at every door."""

from __future__ import annotations

import os

# What each name switches off: usage statistics of Gradio and Chroma, look-ups of the model hub,
# traces of LangChain. Gradio and the hub client read theirs on import, hence "called first".
_FORCED = {
    "GRADIO_ANALYTICS_ENABLED": "False",
    "HF_HUB_OFFLINE": "1",
    "ANONYMIZED_TELEMETRY": "False",
    "LANGSMITH_TRACING": "false",
    "LANGCHAIN_TRACING_V2": "false",
}
_DEFAULTS = {"OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}


def go_offline() -> None:
    """Set the environment so that imports and answers ask nothing of other hosts."""
    os.environ.update(_FORCED)
    for name, value in _DEFAULTS.items():
        os.environ.setdefault(name, value)
