"""Conversations: a message in, steps carried out by tools and makers, one answer that grows."""
