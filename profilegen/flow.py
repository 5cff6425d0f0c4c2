"""The story: address, settings, profile, verification, signed bytes, file. It opens nothing itself."""
