"""The corpora, each from its files to lead sheets."""
