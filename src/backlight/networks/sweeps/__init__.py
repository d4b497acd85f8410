"""One sweep of back-propagation through a network, with every number on the way."""
