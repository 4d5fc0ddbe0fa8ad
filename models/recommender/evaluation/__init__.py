"""How good the recommender is: data, protocol, rivals and measures, for benchmarks only."""
