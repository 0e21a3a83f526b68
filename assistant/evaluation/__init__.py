"""Questions with known answers, put to the assistant; what it said, one JSON line each."""
