"""`python -m arangovis.cli`."""

from arangovis.cli import main

if __name__ == "__main__":
    main()
