"""Whether a finished run is still what it was: its seal, the check of the seal, and the record of the run."""
