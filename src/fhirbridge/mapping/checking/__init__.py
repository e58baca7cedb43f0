"""What a map that binds must satisfy before any message: rows against rows, against schemas, against profiles."""
