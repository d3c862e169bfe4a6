"""Known questions, their gold messages, and what the answers are measured by."""
