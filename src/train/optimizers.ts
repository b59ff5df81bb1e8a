/**
 * How weights follow their gradients. Arithmetic as PyTorch's `torch.optim.AdamW` and `torch.optim.SGD`: moments and weights
 * are kept in float32.
 */

/** The state of an optimiser: it remembers moments for each parameter, by name. */
export interface Optimizer {
  /** Changes the weights in place. Call `beginStep` once before the parameters of each step. */
  update(name: string, weights: Float32Array, gradient: Float32Array, learningRate: number): void;
  beginStep(): void;
  /** Moments by name, to be stored; and the number of steps made. */
  readonly moments: Map<string, Float32Array>;
  steps: number;
}

export interface AdamWOptions {
  /** @default 1e-5 */
  readonly weightDecay?: number;
  /** @default [0.9, 0.999] */
  readonly betas?: readonly [number, number];
  /** @default 1e-8 */
  readonly eps?: number;
}

/** Adam with decoupled weight decay. Source: Loshchilov and Hutter 2019. */
export function adamW({
  weightDecay = 1e-5,
  betas: [b1, b2] = [0.9, 0.999],
  eps = 1e-8,
}: AdamWOptions = {}): Optimizer {
  const moments = new Map<string, Float32Array>();
  return {
    moments,
    steps: 0,
    beginStep() {
      this.steps++;
    },
    update(name, weights, gradient, learningRate) {
      const n = weights.length;
      const state = stateOf(moments, name, 2 * n);
      const decay = 1 - learningRate * weightDecay;
      const stepSize = learningRate / (1 - b1 ** this.steps);
      const root = Math.sqrt(1 - b2 ** this.steps);
      for (let i = 0; i < n; i++) {
        const d = gradient[i];
        state[i] = b1 * state[i] + (1 - b1) * d;
        state[n + i] = b2 * state[n + i] + (1 - b2) * d * d;
        weights[i] = weights[i] * decay - (stepSize * state[i]) / (Math.sqrt(state[n + i]) / root + eps);
      }
    },
  };
}

export interface SgdOptions {
  /** @default 1e-5 */
  readonly weightDecay?: number;
  /** @default 0.9 */
  readonly momentum?: number;
}

/** Stochastic gradient descent with momentum: v ← momentum · v + (gradient + decay · weight), weight ← weight − rate · v. */
export function sgd({ weightDecay = 1e-5, momentum = 0.9 }: SgdOptions = {}): Optimizer {
  const moments = new Map<string, Float32Array>();
  return {
    moments,
    steps: 0,
    beginStep() {
      this.steps++;
    },
    update(name, weights, gradient, learningRate) {
      const v = stateOf(moments, name, weights.length);
      for (let i = 0; i < weights.length; i++) {
        v[i] = momentum * v[i] + (gradient[i] + weightDecay * weights[i]);
        weights[i] -= learningRate * v[i];
      }
    },
  };
}

function stateOf(moments: Map<string, Float32Array>, name: string, length: number): Float32Array {
  const state = moments.get(name) ?? new Float32Array(length);
  moments.set(name, state);
  return state;
}
