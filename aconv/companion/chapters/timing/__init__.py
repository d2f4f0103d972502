"""The chapter on time: what it computes, shows and judges."""
