"""`python -m arangovis.cli`."""

from arangovis.cli import main

main()
