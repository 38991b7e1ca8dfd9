"""What the emulator answers in real time: events and records put, recommendations and rankings."""
