"""Colour: profiles to sRGB, and a photo's own colours kept."""
