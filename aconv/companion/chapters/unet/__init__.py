"""The chapter on the U-Net: what it shows and judges."""
