"""Each hot path against a peer or a plain baseline, in the same run, as a ratio. Run by ``./yigongti bench``."""
