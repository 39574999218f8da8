"""``python -m yigongti``: the command line, once ``./yigongti`` has set up what it needs."""

from yigongti.config.cli.main import main

main()
