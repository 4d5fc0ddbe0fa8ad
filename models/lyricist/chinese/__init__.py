"""Words in the style of Song-dynasty ci: a small character model, one character a note."""
