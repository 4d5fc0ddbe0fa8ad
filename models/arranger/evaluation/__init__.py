"""What an arrangement is worth: held-out tunes, measures, distances, styles, drums and speed."""
