"""The fund's arithmetic: pure functions on whole fen, exact fractions and counts. Which one holds is policy.

``budget`` from the pool to each holder's amount and its monthly parts; ``clearing`` what is used, left and shared at
the end; ``distribution`` a surplus among members; ``netting`` who owes whom; ``pace`` how the year is going.
"""
