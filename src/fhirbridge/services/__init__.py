"""The use cases, one a file: each takes the Bridge first and joins the packages below. Web and CLI call only these."""
