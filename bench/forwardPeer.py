"""Times PyTorch on Cellpose's network for bench/forward.mjs: reads 'BATCH LAYOUT' or 'memory' a line, answers with a number."""
import resource
import sys
import time

import torch
from cellpose.resnet_torch import CPnet

threads, size = int(sys.argv[1]), int(sys.argv[2])
torch.set_num_threads(threads)
layouts = {"channels_last": torch.channels_last, "contiguous": torch.contiguous_format}
nets = {name: CPnet([2, 32, 64, 128, 256], 3, 3).eval().to(memory_format=layout) for name, layout in layouts.items()}

for line in sys.stdin:
    if line.strip() == "memory":
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, flush=True)
        continue
    batch, layout = line.split()
    x = torch.rand(int(batch), 2, size, size).to(memory_format=layouts[layout])
    with torch.no_grad():
        begin = time.perf_counter()
        nets[layout](x)
        print(1000 * (time.perf_counter() - begin), flush=True)
