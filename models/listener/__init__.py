"""Understanding requests: intents and slots of a message."""
