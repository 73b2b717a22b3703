"""The positions of the demo portfolio as its custodian would have sent them, one file per day of changes."""
