"""How likely is it that someone does it: answers, redeems, buys."""
