"""Jobs: claimed, executed, delivered."""
