"""How a Python program puts events on the stream: `EventProducer`, and what it needs from the world."""
