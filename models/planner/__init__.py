"""Brief to Plan: form, harmony, instrumentation, dynamics; exact lengths."""

from models.planner.make import extend_plan, make_plan

__all__ = ["extend_plan", "make_plan"]
