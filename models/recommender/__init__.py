"""The recommender: what people may like, why, and what their taste means for a piece to compose."""
