"""What makes the companion of the paper: runs, statistics, figures and pages.

Needs the extra ``book`` (``pip install "aconv[book]"``). Nothing outside of this folder
imports it, but for the command line.
"""
