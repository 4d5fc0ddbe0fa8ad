"""The recommender at work: people's rows in; lists with reasons, pictures' numbers, briefs out."""
