"""nameko as the runtime, with its faults mended; the only place that knows nameko, eventlet and amqp."""
