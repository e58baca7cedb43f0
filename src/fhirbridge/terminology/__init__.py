"""Code tables: how one system's codes become another's, both ways."""
