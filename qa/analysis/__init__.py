"""What happened in time: events and metrics, measured from voice activity and not from the recogniser's segments."""
