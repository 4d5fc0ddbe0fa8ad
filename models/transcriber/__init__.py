"""What somebody hums, whistles or plays into a microphone, as notes: pitch, beat, meter and key."""
