"""How web, mobile and any other program hand us events: over HTTP."""
