"""What is made from clauses, each line of it with the clause that says so."""
