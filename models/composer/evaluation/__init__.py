"""How good the composer is, in figures beside their comparisons: one module for each question."""
