"""Quality of records: what good practice asks for and a valid record may lack. Reported, never blocking."""
