"""`python -m assistant`: the command line."""

from assistant.serving.terminal.app import main

if __name__ == "__main__":
    main()
