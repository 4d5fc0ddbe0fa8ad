"""Brief to Plan: form, harmony, instrumentation, dynamics; exact lengths."""
