"""Published methods: columns or arrays in, same index out. Pure; no files, clock, network."""
