"""The HTTP face: the only home of flask. Views parse a request, call one service and answer."""
