"""fhirbridge: carries recovery plans, referrals and transition records to FHIR R4 and back."""

__version__ = "0.1.0"
