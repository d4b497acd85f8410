"""The cost of a network as a landscape: slices and planes, their basins, and climbers on them."""
