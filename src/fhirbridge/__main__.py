"""`python -m fhirbridge` is the same as `fhirbridge`."""

from fhirbridge.cli import main

if __name__ == "__main__":
    main()
