"""How fast Exhibit is, alone and beside what people would put together instead (`make bench`)."""
