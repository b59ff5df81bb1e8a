/** Time series of cells that move, divide and vanish, with exact labels over time and who came of whom. */
import type { Masks } from '../array/ndarray.ts';
import { seededRandom } from '../array/random.ts';
import { diameters } from '../masks/diameters.ts';
import { advanceLives, appearance, beginLives, type Life } from './lives.ts';
import { checkRange, fillOptions, type Setting } from './options.ts';
import { paintScene, type Scene } from './paintScene.ts';
import { microscope, streams } from './takePictures.ts';
import type { SimulatedSeries, SimulatedTrack, SimulateSeriesOptions } from './types.ts';

/**
 * Simulates a time series in a plane.
 *
 * A cell keeps its label as long as it is seen without a break; when it divides its label ends and two new ones begin in
 * the next frame. One that leaves the field of view and comes back is a new one without a parent. `cells` is the number in
 * the first frame.
 *
 * @throws OptionError as `simulateImage`, and for frames, divisionTime, speed and deathRate out of range.
 */
export function simulateSeries(options: SimulateSeriesOptions = {}): SimulatedSeries {
  const [ly, lx] = options.size ?? [512, 512];
  const setting = fillOptions('simulateSeries', options, [1, ly, lx]);
  const { frames = 10, divisionTime = 20, speed = 0.1 * setting.diameter, deathRate = 0.003 } = options;
  checkRange('simulateSeries', { frames }, [1, 10_000], true);
  checkRange('simulateSeries', { divisionTime }, [4, 1e6]);
  checkRange('simulateSeries', { speed }, [0, setting.diameter]);
  checkRange('simulateSeries', { deathRate }, [0, 1]);
  const random = seededRandom(setting.seed, streams.lives);
  const motion = { divisionTime, speed, deathRate };
  let lives = beginLives(setting, motion, random);
  let born = lives.length;
  const nextId = () => born++;
  const film = startFilm(setting, frames);
  for (let frame = 0; frame < frames; frame++) {
    if (frame > 0) lives = advanceLives(lives, setting, { ...motion, random, nextId });
    film.add(lives, frame);
  }
  return film.develop();
}

/** Collects pictures, labels and tracks frame by frame. */
function startFilm(setting: Setting, frames: number) {
  const [, ly, lx] = setting.size;
  const plane = ly * lx;
  const take = microscope(setting);
  const tracks: { label: number; first: number; last: number; parent: number }[] = [];
  // by id of the life: its track while it is seen
  const seen = new Map<number, number>();
  const masks: Masks = { data: new Int32Array(frames * plane), shape: [frames, ly, lx] };
  let pixels: Uint8Array | Uint16Array | undefined;
  let channels: readonly number[] = [];
  let nuclei: Int32Array | undefined;

  const trackOf = ({ id, parent }: Life, frame: number): number => {
    const known = tracks[(seen.get(id) ?? 0) - 1];
    if (known && known.last === frame - 1) {
      known.last = frame;
      return known.label;
    }
    const mother = tracks[(seen.get(parent) ?? 0) - 1];
    const label = tracks.length + 1;
    const isNew = !known && mother?.last === frame - 1;
    tracks.push({ label, first: frame, last: frame, parent: isNew ? mother.label : 0 });
    seen.set(id, label);
    return label;
  };

  const add = (lives: readonly Life[], frame: number): void => {
    const shown = new Map(lives.map((life) => [appearance(life), life]));
    const scene: Scene = paintScene([...shown.keys()], setting);
    const labels = Int32Array.from([0, ...scene.cells.map((cell) => trackOf(shown.get(cell)!, frame))]);
    const picture = take(scene, frame);
    const { data, shape } = picture.image;
    pixels ??= setting.bitDepth === 8 ? new Uint8Array(frames * data.length) : new Uint16Array(frames * data.length);
    pixels.set(data, frame * data.length);
    channels = shape.slice(2);
    masks.data.set(
      scene.labels.map((label) => labels[label]),
      frame * plane,
    );
    if (!picture.nuclei) return;
    nuclei ??= new Int32Array(frames * plane);
    nuclei.set(
      picture.nuclei.map((label) => labels[label]),
      frame * plane,
    );
  };

  const develop = (): SimulatedSeries => {
    const list: readonly SimulatedTrack[] = tracks;
    const image = { data: pixels!, shape: [frames, ly, lx, ...channels] };
    const series = { image, masks, tracks: list, diameter: medianDiameter(masks) };
    return nuclei ? { ...series, nuclei: { data: nuclei, shape: masks.shape } } : series;
  };
  return { add, develop };
}

/** Median over the frames of the frame's median diameter, frames without cells left out. */
function medianDiameter({ data, shape: [frames, ly, lx] }: Masks): number {
  const found = Array.from(
    { length: frames },
    (_, frame) => diameters({ data: data.subarray(frame * ly * lx, (frame + 1) * ly * lx), shape: [ly, lx] }).median,
  ).filter((diameter) => diameter > 0);
  found.sort((a, b) => a - b);
  return found[found.length >> 1] ?? 0;
}
