"""A talk pack for outreach: slides, notes and cards out of clauses, each statement with the clause that bears it."""
