/**
 * Bilinear resizing of float32 pictures, window by window: the same bits as OpenCV 4.6 `resize` with INTER_LINEAR,
 * whichever window of the result is asked for. Source: OpenCV imgproc `resize.cpp` (arithmetic; the code is our own).
 */
import type { Window } from '../array/window.ts';

export interface LinearResizer {
  /** Pixels of the source that a window of the result is made of. */
  sourceWindow(window: Window): Window;
  /**
   * Computes a window of the result, (h, w, nchan) into `out`.
   *
   * @param source  pixels (h, w, nchan) of the window `at` of the source, which holds at least `sourceWindow(window)`.
   */
  resize(source: Float32Array, at: Window, window: Window, out: Float32Array): void;
}

/**
 * Prepares the resizing of (y, x, nchan) pictures from one size to another; sizes are (ly, lx).
 *
 * A pixel d of D lies at (d + 0.5)·S/D − 0.5 in the source, edge pixels repeat. At exactly half the size in both axes
 * each pixel is the mean of four, which is the same but for rounding.
 *
 * @param nchan  interleaved channels of source and result.
 * @param channels  channels of the whole picture, where its planes are resized one by one; decides the order of that sum.
 */
export function linearResizer(
  [sy, sx]: readonly [number, number],
  [dy, dx]: readonly [number, number],
  nchan: number,
  channels = nchan,
): LinearResizer {
  // OpenCV adds in pairs where four numbers fit its registers, else in turn.
  const paired = channels === 4 ? dx : channels === 1 ? dx & ~3 : 0;
  return sy === 2 * dy && sx === 2 * dx ? halver(paired, nchan) : interpolator([sy, sx], [dy, dx], nchan);
}

/** For each place of an axis of the result: two neighbours in the source and their weights. */
export interface AxisMap {
  readonly low: Int32Array;
  readonly high: Int32Array;
  readonly weightLow: Float32Array;
  readonly weightHigh: Float32Array;
}

function interpolator(
  [sy, sx]: readonly [number, number],
  [dy, dx]: readonly [number, number],
  nchan: number,
): LinearResizer {
  const my = axisMap(sy, dy, false);
  const mx = axisMap(sx, dx, true);
  return {
    sourceWindow({ y, x, h, w }) {
      const [y0, x0] = [my.low[y], mx.low[x]];
      return { y: y0, x: x0, h: my.high[y + h - 1] + 1 - y0, w: mx.high[x + w - 1] + 1 - x0 };
    },
    resize(source, at, { y, x, h, w }, out) {
      const columns = widen(mx, x, w, nchan, at.x);
      const width = w * nchan;
      let [upper, lower] = [new Float32Array(width), new Float32Array(width)];
      let [inUpper, inLower] = [-1, -1];
      for (let r = 0; r < h; r++) {
        const [low, high] = [my.low[y + r], my.high[y + r]];
        if (low === inLower) {
          [upper, lower, inUpper, inLower] = [lower, upper, inLower, inUpper];
        }
        if (low !== inUpper) blendColumns(source, (low - at.y) * at.w * nchan, columns, upper);
        if (high !== inLower && high !== low) blendColumns(source, (high - at.y) * at.w * nchan, columns, lower);
        [inUpper, inLower] = [low, high === low ? inLower : high];
        blendRows(upper, high === low ? upper : lower, my.weightLow[y + r], my.weightHigh[y + r], out, r * width);
      }
    },
  };
}

/** Weights in float32. Along x (`clamped`) a place beyond the outer pixel centres takes the outer pixel with weight 1. */
export function axisMap(source: number, size: number, clamped: boolean): AxisMap {
  const map: AxisMap = {
    low: new Int32Array(size),
    high: new Int32Array(size),
    weightLow: new Float32Array(size),
    weightHigh: new Float32Array(size),
  };
  const scale = 1 / (size / source);
  for (let d = 0; d < size; d++) {
    const place = Math.fround((d + 0.5) * scale - 0.5);
    const floor = Math.floor(place);
    const outside = clamped && (floor < 0 || floor >= source - 1);
    const fraction = outside ? 0 : Math.fround(place - floor);
    map.low[d] = Math.min(Math.max(floor, 0), source - 1);
    map.high[d] = outside ? map.low[d] : Math.min(Math.max(floor + 1, 0), source - 1);
    map.weightLow[d] = 1 - fraction;
    map.weightHigh[d] = fraction;
  }
  return map;
}

/** The columns x … x + w − 1 of a map, one entry per column and channel, places counted from column `from` of the source. */
function widen(map: AxisMap, x: number, w: number, nchan: number, from: number): AxisMap {
  const n = w * nchan;
  const wide: AxisMap = {
    low: new Int32Array(n),
    high: new Int32Array(n),
    weightLow: new Float32Array(n),
    weightHigh: new Float32Array(n),
  };
  for (let k = 0; k < n; k++) {
    const c = k % nchan;
    const d = x + (k - c) / nchan;
    wide.low[k] = (map.low[d] - from) * nchan + c;
    wide.high[k] = (map.high[d] - from) * nchan + c;
    wide.weightLow[k] = map.weightLow[d];
    wide.weightHigh[k] = map.weightHigh[d];
  }
  return wide;
}

function blendColumns(source: Float32Array, start: number, columns: AxisMap, out: Float32Array): void {
  const { low, high, weightLow, weightHigh } = columns;
  for (let k = 0; k < out.length; k++) {
    const a = Math.fround(source[start + low[k]] * weightLow[k]);
    const b = Math.fround(source[start + high[k]] * weightHigh[k]);
    out[k] = Math.fround(a + b);
  }
}

/** The two weights of a row are float32 numbers. */
function blendRows(
  a: Float32Array,
  b: Float32Array,
  weightA: number,
  weightB: number,
  out: Float32Array,
  to: number,
): void {
  const [wa, wb] = [Math.fround(weightA), Math.fround(weightB)];
  for (let k = 0; k < a.length; k++) {
    out[to + k] = Math.fround(Math.fround(a[k] * wa) + Math.fround(b[k] * wb));
  }
}

/** Exactly half the size: means of 2 × 2 pixels, (a + b) + (c + d) in the first `paired` columns, ((a + b) + c) + d in others. */
function halver(paired: number, nchan: number): LinearResizer {
  return {
    sourceWindow: ({ y, x, h, w }) => ({ y: 2 * y, x: 2 * x, h: 2 * h, w: 2 * w }),
    resize(source, at, { y, x, h, w }, out) {
      for (let r = 0; r < h; r++) {
        const row = (2 * (y + r) - at.y) * at.w * nchan;
        for (let k = 0; k < w * nchan; k++) {
          const c = k % nchan;
          const d = x + (k - c) / nchan;
          const upper = row + (2 * d - at.x) * nchan + c;
          const lower = upper + at.w * nchan;
          const top = Math.fround(source[upper] + source[upper + nchan]);
          const sum =
            d < paired
              ? Math.fround(top + Math.fround(source[lower] + source[lower + nchan]))
              : Math.fround(Math.fround(top + source[lower]) + source[lower + nchan]);
          out[r * w * nchan + k] = sum * 0.25;
        }
      }
    },
  };
}
