"""The way out: senders. What may be sent is decided elsewhere; a sender carries bytes and reports the answer."""
