"""One module per version, each with the number of the one before it; a released one is never changed."""
