"""The launcher, from outside: real processes, real kills, copies of the checkout in awkward places."""
