"""The two kinds of convolution that are compared; names only, so that nothing loads."""

from typing import Literal, get_args

Kind = Literal["adaptive", "ordinary"]
KINDS: tuple[Kind, ...] = get_args(Kind)
