"""The duty table (责任清单): clauses → rows of one addressee, one act and one condition."""
