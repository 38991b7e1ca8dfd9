"""What derives from the contract, one module a format; `python -m contract.generate` writes it all."""
