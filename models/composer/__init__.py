"""The Transformer-VAE that writes melodies over a plan."""
