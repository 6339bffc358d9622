"""What is learnt from followers' behaviour: who will answer, what suits whom, whom an offer moves.

Pure over arrays and tables: nothing here reads the store. bot.learning brings the rows and keeps
the results. A kind of model is a Kind (kinds.py): it trains on a Table (table.py) and gives a
Learnt (modelfile.py): a card and arrays, kept without pickle and served by numpy alone.
"""
