"""Trains by Cellpose's own train_seg for bench/learningCurves.mjs, from weights and on tiles that come through standard input."""
import json
import sys
import tempfile

import numpy as np
import torch
from cellpose import train, transforms
from cellpose.resnet_torch import CPnet

numbers = sys.stdin.buffer


def read(*shape):
    count = 4 * int(np.prod(shape))
    data = numbers.read(count)
    if len(data) != count:
        raise EOFError("the tiles ended early")
    return np.frombuffer(data, "f4").reshape(shape).copy()


head = json.loads(numbers.readline())
batch, size, diameter = head["batchSize"], head["bsize"], head["diamMean"]
torch.set_num_threads(head["threads"])
torch.manual_seed(head["seed"])
net = CPnet(head["nbase"], 3, 3, diam_mean=diameter)
# What PyTorch draws by itself, to be compared with the weights that come.
own = {name: float(p.std()) for name, p in net.state_dict().items() if p.ndim > 1 and p.numel() >= 1000}
state = net.state_dict()
for name, count in head["entries"]:
    state[name] = torch.from_numpy(read(count)).reshape(state[name].shape)
net.load_state_dict(state)


def tiles(n):
    return read(n, head["nbase"][0], size, size), read(n, 3, size, size)


# train_seg draws its tiles here: they are those of the other side. The images that it is given only have to be as many.
transforms.random_rotate_and_resize = lambda images, **_: (*tiles(len(images)), None)
label = np.zeros((4, size, size), "f4")
label[0, :20, :20] = 1
with tempfile.TemporaryDirectory() as folder:
    _, losses, _ = train.train_seg(
        net, train_data=[np.zeros((2, size, size), "f4")] * batch, train_labels=[label] * batch, normalize=False,
        batch_size=batch, n_epochs=head["epochs"], learning_rate=head["learningRate"], weight_decay=head["weightDecay"],
        bsize=size, min_train_masks=0, save_path=folder)

net.eval()
with torch.no_grad():
    held_out = []
    for first in range(0, head["heldOut"], batch):
        x, lbl = tiles(min(batch, head["heldOut"] - first))
        held_out.append(train._loss_fn_seg(lbl, net(torch.from_numpy(x))[0], torch.device("cpu")).item())
if numbers.read(1):
    raise ValueError("there are tiles left: the two sides do not train alike")
print(json.dumps({"losses": losses.tolist(), "heldOut": float(np.mean(held_out)), "ownSpread": own}), flush=True)
