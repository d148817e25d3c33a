"""``python -m styler.cli``: the command where its script is not on the path."""

from styler.cli import main

main()
