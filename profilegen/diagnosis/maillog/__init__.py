"""What a mail log says: its lines become events, events become people who cannot send and logins that send too much."""
