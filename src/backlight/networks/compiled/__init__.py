"""Back-propagation compiled by Numba: plain loops over arrays, one purpose a file."""
