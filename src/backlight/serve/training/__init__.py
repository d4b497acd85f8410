"""Trainings that people watch: what is trained, how it stands, and who waits to hear of it."""
