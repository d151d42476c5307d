"""The report: one folder of pages that a browser opens without a network."""
