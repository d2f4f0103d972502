"""A sweep of one run that trains, for tests that kill it. Arguments: folder, epochs."""

import sys

from aconv.companion.runs import RunStore, make_spec, sweep

if __name__ == "__main__":
    folder, epochs = sys.argv[1], int(sys.argv[2])
    spec = make_spec("simple", "digits", "adaptive", 3, seed=31, epochs=epochs)
    sweep([spec], RunStore(folder))
