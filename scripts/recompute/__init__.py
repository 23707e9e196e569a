"""The numbers of docs/numbers.md, computed a second time from a run directory.

Written from that page and from the columns of the tables, never from the program: two implementations
that agree are evidence, one that was copied from the other is none. Standard library only.
"""
