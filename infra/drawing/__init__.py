"""The README's picture, read off the synthesized templates so that it cannot tell another story."""
