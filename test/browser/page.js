// The browser's side of these tests: runs in the page, by address, without a bundler. See chromium.ts for the other side.

/** The library as it ships, and the same with inner functions. */
const shipped = () => import('/dist/web/cellpose.js');
const inner = () => import('/dist/web/inner.js');

const bytesAt = async (path) => {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
};

/** The number of masks, their labels as base64 of int32, and what ran; `bad` instead where it failed. */
export async function segment(path, options, load = {}) {
  const lib = await shipped();
  const image = lib.toCellposeImage(await lib.readImage(await bytesAt(path), { name: path }));
  const model = await lib.Cellpose.load(load);
  const blocked = longestPause();
  const { masks, count, engine, notes } = await model.eval(image, options);
  const pause = blocked();
  await model.release();
  return { labels: base64(masks.data), shape: masks.shape, count, engine, notes, pause, isolated: crossOriginIsolated };
}

/** The arrays of an .npz by name. */
async function arraysOf(lib, path) {
  const npz = await lib.openNpz(lib.sourceFromBytes(await bytesAt(path)));
  return new Map(await Promise.all(npz.names.map(async (name) => [name, await npz.read(name)])));
}

/** Losses of some steps of the small network of the golden, what ran them, and milliseconds. */
export async function train(path, device, threads, steps) {
  const lib = await inner();
  const golden = await arraysOf(lib, path);
  const start = [...golden].filter(([name]) => name.startsWith('sd/')).map(([name, array]) => [name.slice(3), array]);
  const float32 = ({ data, shape }) => ({ data: Float32Array.from(data), shape });
  const batch = { x: float32(golden.get('x')), lbl: float32(golden.get('lbl')) };
  const trainer = lib.createTrainer(new Map(start), { optimizer: lib.adamW(), device, threads });
  const begin = performance.now();
  const losses = [];
  for (let i = 0; i < steps; i++) losses.push((await trainer.step(batch, 0.005)).loss);
  const { engine, notes } = trainer;
  const ms = performance.now() - begin;
  await trainer.release();
  return { losses, engine, notes, ms };
}

/** Output of the small network by a session for `device`, beside what ran it. */
export async function forward(device, state, input) {
  const lib = await inner();
  const { config, weights } = lib.readCPnetState(await arraysOf(lib, state));
  const x = (await arraysOf(lib, input)).get('x');
  const [batch, , ly, lx] = x.shape;
  const model = lib.encodeOnnx(lib.cpnet(config, { batch, ly, lx }), weights);
  const session = await lib.createSession(model, { threads: 1, device });
  const { y, style } = await session.run({ x });
  const { engine, notes } = session;
  await session.release();
  return { y: [...y.data], style: [...style.data], engine, notes };
}

/** Name and message of the error that a call of the library ends with. Lists among the arguments stand for bytes. */
export async function failure(name, ...json) {
  const lib = await inner();
  const args = json.map((value) => (Array.isArray(value) ? Uint8Array.from(value) : value));
  try {
    await lib[name](...args);
    return 'no error';
  } catch (error) {
    return `${error.name}: ${error.message}`;
  }
}

/** Starts to measure for how long the page cannot answer at the most; the function returned ends it and gives milliseconds. */
function longestPause() {
  let last = performance.now();
  let longest = 0;
  const look = () => {
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
  };
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    look();
    port2.postMessage(0);
  };
  port2.postMessage(0);
  return () => {
    look();
    port1.close();
    return longest;
  };
}

function base64({ buffer, byteOffset, byteLength }) {
  let text = '';
  const bytes = new Uint8Array(buffer, byteOffset, byteLength);
  for (let at = 0; at < bytes.length; at += 32768) text += String.fromCharCode(...bytes.subarray(at, at + 32768));
  return btoa(text);
}
