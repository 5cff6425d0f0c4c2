"""Who does the fleet's work: this process, or as many machines as wanted on PostgreSQL."""
