"""What resources cost a month: a dated table of prices, and how much of what a resource uses.

It reads the graph that policies read, and knows nothing of the program that made it.
"""
