"""Norms of transformers, where they are placed, and the warm-up that one placement needs."""
