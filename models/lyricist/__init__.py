"""The lyricist: words that can be sung to a given melody."""
