"""What somebody has to put right about a customer: found by rules, done by itself once it is right."""
