"""What the Explain room needs beyond the library: photos in memory, batches, results, a store."""
