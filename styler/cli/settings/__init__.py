"""What the command line is told: options, and defaults from a file."""
