"""What `compare` measures and how it shows it."""
