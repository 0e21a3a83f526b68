"""What can be seen of a running server from outside: metrics, log lines, traces. Never what was asked."""
