"""`python -m adrs`."""

from adrs.cli import main

if __name__ == "__main__":
    main()
