"""`python -m inspectorate` is the console script."""

import sys

from inspectorate.commands import main

if __name__ == "__main__":
    sys.exit(main())
