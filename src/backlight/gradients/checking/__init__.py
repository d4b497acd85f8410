"""What `check` looks at and how it judges."""
