"""Painting over HTTP: what is heavy lives in ``styler``, what guards it lives here."""
