"""Runs the command line of the data sets."""

import sys

from aconv.datasets.cli import main

sys.exit(main())
