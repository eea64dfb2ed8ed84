"""W3C PROV: statements of provenance, as PROV-JSON and as PROV-N."""
