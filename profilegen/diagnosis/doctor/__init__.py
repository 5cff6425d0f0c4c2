"""From what a person sees, a device has and a test shows to the causes, and the cure with the least to lose."""
