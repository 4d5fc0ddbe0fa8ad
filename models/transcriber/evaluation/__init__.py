"""Made-up singers and the measures of what is heard of them; used by the bench and tests only."""
