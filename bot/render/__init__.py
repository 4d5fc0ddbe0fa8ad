"""A score made audible and visible: audio, pictures, sheets."""
