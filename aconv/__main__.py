"""``python -m aconv`` is the command line."""

import sys

from aconv_command import main

if __name__ == "__main__":
    sys.exit(main())
