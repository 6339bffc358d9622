"""Models in use: features from the store, training, the registry, predictions for who asks."""
