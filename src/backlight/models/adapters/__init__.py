"""Models whose own forward pass hides what an explanation needs, told apart by their class."""
