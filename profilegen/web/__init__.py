"""What listens for HTTP: nothing here decides, it only translates."""
