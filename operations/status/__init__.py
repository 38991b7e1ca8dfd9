"""`clickstream status`: what Personalize holds, what was decided, what waits, and what it costs."""
