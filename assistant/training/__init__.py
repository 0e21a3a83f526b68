"""What is learnt once and holds for every document: trained on questions of our own, on nothing that is measured."""
