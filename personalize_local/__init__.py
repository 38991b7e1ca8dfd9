"""An emulator of Amazon Personalize that really imports, trains and serves."""
