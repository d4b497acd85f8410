"""Tables that people have: read, prepared, trained on, predicted for."""
