"""One gradient, three ways: backpropagation, dual numbers, finite differences."""
