"""One musician: a style vector, an embedding, an adapter."""
