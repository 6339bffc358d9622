"""What suits whom: habit, the crowd, neighbours in baskets and topics, blended by learnt weights.

history   rows of (user, item, weight, time) as arrays
habit     what a user has bought before and how regularly: will it be bought again?
crowd     what many buy now: popularity, for the cold above all
nearby    what goes together: item to item, by cosine and by a closed-form ridge (EASE)
topics    what an item is about, against what the user's history is about (by content)
blend     the chances of all four, weighted by what happened in later windows
listing   the best of each user, varied, and all items given their turn
reasons   why it is shown, as locale keys
offers    offers made of products, ranked against a history: which coupon for whom
choosing  which of several is taken: weights for offers, drawn towards a plain rule

Formulas and a worked example: docs/explanation/recommendation.md.
"""
