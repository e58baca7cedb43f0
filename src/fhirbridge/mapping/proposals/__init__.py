"""A first map proposed from a sample: what its fields are, what each is most like, how both are joined."""
