"""The application: agent, jobs, rendering, settings, delivery."""
