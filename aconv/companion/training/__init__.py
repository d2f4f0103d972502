"""Networks, their inputs, and Algorithm 1 that trains them."""
