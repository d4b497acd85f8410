"""Networks to explain: reading photos, preprocessing, labels, and loading a model by its name."""
