"""The commands of claims: by the resident, at the desk, in review, about doubts, and after the decision."""
