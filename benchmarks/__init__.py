"""How fast the suite is: ratios within one run on one machine, against floors that could hardly be faster."""
