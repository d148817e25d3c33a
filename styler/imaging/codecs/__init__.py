"""File formats: told apart, counted, and written where Pillow falls short."""
