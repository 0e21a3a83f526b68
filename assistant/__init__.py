"""普惠政策助手: answers about policy in which every sentence is proved by a clause."""

__version__ = "0.1.0"
