"""The chapter on learning image filters: what it computes, shows and judges."""
