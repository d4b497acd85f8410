"""Models of Hugging Face's `transformers`, by name or from a folder."""
