"""What the paper prints: its numbers, and whether they fit together."""

from aconv.companion.paper.numbers import PaperNumber, load, number
