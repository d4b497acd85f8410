"""Small networks trained by back-propagation: definition, training, estimators, classics."""
