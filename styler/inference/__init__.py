"""From a photo and a style to the painted photo, without torch."""
