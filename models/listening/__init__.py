"""What people listened to: their own exports read, and plays told from what is shown as playing."""
