"""A map written in FHIR's own mapping language, one text a direction, for engines that know nothing of our rows."""
