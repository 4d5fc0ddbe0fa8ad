"""Parts that go with a melody."""
