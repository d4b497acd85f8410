"""Functions that are typed in: a grammar of our own, so that nothing typed is ever run as code."""
