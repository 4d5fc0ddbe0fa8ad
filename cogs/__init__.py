"""Thin Discord adapters: parse, check policy, enqueue, acknowledge."""
