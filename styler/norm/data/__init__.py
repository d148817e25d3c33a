"""Feature scaling: data brought to like ranges before a model sees it."""
