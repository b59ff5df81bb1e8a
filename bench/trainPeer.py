"""Times training steps of PyTorch on Cellpose's network for bench/train.mjs: reads 'LAYOUT' or 'memory' a line, answers with numbers."""
import resource
import sys
import time

import torch
from cellpose.resnet_torch import CPnet
from cellpose.train import _loss_fn_seg

threads, batch, size = map(int, sys.argv[1:4])
torch.set_num_threads(threads)
layouts = {"channels_last": torch.channels_last, "contiguous": torch.contiguous_format}
sides = {}


def side(name):
    if name not in sides:
        net = CPnet([2, 32, 64, 128, 256], 3, 3).to(memory_format=layouts[name]).train()
        sides[name] = net, torch.optim.AdamW(net.parameters(), lr=1e-4, weight_decay=1e-5)
    return sides[name]


for line in sys.stdin:
    name = line.strip()
    if name == "memory":
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, flush=True)
        continue
    net, optimizer = side(name)
    x = torch.rand(batch, 2, size, size).to(memory_format=layouts[name])
    lbl = torch.rand(batch, 3, size, size).numpy()
    begin, cpu = time.perf_counter(), time.process_time()
    loss = _loss_fn_seg(lbl, net(x)[0], torch.device("cpu"))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(1000 * (time.perf_counter() - begin), 1000 * (time.process_time() - cpu), flush=True)
