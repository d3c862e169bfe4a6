"""The released emails: where they come from, and the restated digest that ships with Exhibit."""
