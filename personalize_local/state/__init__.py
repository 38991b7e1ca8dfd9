"""What the emulator remembers: resources and events on disk, and the clock by which resources become active."""
