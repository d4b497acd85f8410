"""Small networks trained by back-propagation."""
