"""What is explained: a score for every image, made from the model's output."""
