"""What the command line does: each command calls the library and prints what came of it."""
