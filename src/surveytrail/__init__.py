"""The engine: survey exports in, a ledger of traceable numbers out."""
