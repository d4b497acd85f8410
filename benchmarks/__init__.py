"""Speed and memory beside other packages: `make bench`, or `python -m benchmarks --help`."""
