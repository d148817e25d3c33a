"""What stands for a painting: statistics, the style they make, its file, and the library."""
