"""Many calls: what there is to do, doing it, and taking up where a run left off."""
