"""Scripts that make the weights of the reference networks again, each in minutes on two cores.

`python -m training.scenes_classifiers resnet` from the repository's root. They need the extra
`[train]`.
"""
