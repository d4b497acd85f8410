"""Small networks that come with their weights: trained on scenes, of which everything is known.

They are for trying things out in milliseconds and for measuring maps against exact masks. The
scripts in the repository's folder `training/` make the weights again.
"""
