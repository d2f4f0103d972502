"""Tables, figures, words, checks and runs, as several pages show and use them."""

import sys

if "tensorflow" in sys.modules:
    # In a notebook its warnings, such as that many networks are compiled, go to the
    # standard output, which a page shows.
    sys.modules["tensorflow"].get_logger().setLevel("ERROR")
