"""Private RabbitMQ, PostgreSQL and mail servers for development and tests, each a real one in a folder of its own."""
