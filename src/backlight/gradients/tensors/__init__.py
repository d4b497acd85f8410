"""Torch functions: autograd, forward AD, differences under vmap."""
