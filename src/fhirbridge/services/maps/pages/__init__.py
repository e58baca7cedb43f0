"""The maps as a site of plain pages, for reviewers who do not have this program."""
