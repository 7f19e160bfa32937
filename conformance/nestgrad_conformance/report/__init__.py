"""Reports: their schema, and what is read out of them."""
