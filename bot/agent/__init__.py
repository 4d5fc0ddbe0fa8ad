"""From words to deeds: understanding and, later, planning."""
