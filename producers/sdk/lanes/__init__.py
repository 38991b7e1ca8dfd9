"""Which line goes into which record of which call: pure, the core of the producer."""
