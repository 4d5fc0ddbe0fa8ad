"""How good the lyricist is, measured on held-out tunes and books, people's words beside ours."""
