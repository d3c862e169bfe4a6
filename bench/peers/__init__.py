"""What people would put together instead of Exhibit, and how it compares."""
