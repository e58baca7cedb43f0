"""Who is asking: partners, client assertions, scopes, tokens. Pure: no store, no clock, no request."""
