/** The library with what tests need beyond its public names; bundled for the browser by chromium.ts. */
export { createSession, readResource } from '#platform';
export { encodeOnnx } from '../../src/graph/onnx/encode.ts';
export * from '../../src/index.ts';
export { readCPnetState } from '../../src/nets/cpnetState.ts';
export { adamW, sgd } from '../../src/train/optimizers.ts';
export { createTrainer } from '../../src/train/trainer.ts';
