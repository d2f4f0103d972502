"""What a page shows: tables of text, and figures."""

import sys

if "tensorflow" in sys.modules:
    # In a notebook its warnings, such as that many networks are compiled, go to the
    # standard output, which a page shows.
    sys.modules["tensorflow"].get_logger().setLevel("ERROR")
