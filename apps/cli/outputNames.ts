/**
 * Names of the files that a run writes for an image: those of Cellpose 3.1 (`io.save_masks`, `io.masks_flows_to_seg`), and
 * some of ours. Unlike there, each flag works alone.
 */
import { realpathSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { RunError } from './errors.ts';
import type { Args } from './flags.ts';
import { imagePlace, isUrl } from './zarrFolder.ts';

export type OutputKind =
  | 'seg'
  | 'png'
  | 'tif'
  | 'outlines'
  | 'txt'
  | 'flows'
  | 'dP'
  | 'overlay'
  | 'preview'
  | 'mpl'
  | 'csv'
  | 'rois'
  | 'geojson'
  | 'coco'
  | 'tracks'
  | 'ctc'
  | 'restored'
  | 'zarr';

/** What each kind is called, for people. */
export const outputTitles: Readonly<Record<OutputKind, string>> = {
  seg: '_seg.npy',
  png: 'label PNG',
  tif: 'label TIFF',
  outlines: 'picture with outlines',
  txt: 'outline text',
  flows: 'picture of flows',
  dP: 'flow TIFF',
  overlay: 'picture with coloured cells',
  preview: 'picture of labels',
  mpl: 'figure',
  csv: 'table of cells',
  rois: 'ImageJ regions',
  geojson: 'GeoJSON',
  coco: 'COCO annotations',
  tracks: 'table of tracks',
  ctc: 'folder for the Cell Tracking Challenge',
  restored: 'restored image',
  zarr: 'OME-Zarr',
};

export interface Output {
  readonly kind: OutputKind;
  readonly path: string;
  /** Folder that may have to be made first. */
  readonly makeFolder: boolean;
}

/** Where the files of one image go, in the order in which they are written: the labels first. */
export function outputsOf(image: string, args: Args): Output[] {
  const place = imagePlace(image);
  const { stem } = place;
  const folder = args.savedir ?? (args.dir_above ? resolve(place.folder, '..') : place.folder);
  const ending = suffix(image, args);
  const output = (kind: OutputKind, name: string, subfolder: string): Output => ({
    kind,
    path: args.in_folders ? join(folder, subfolder, name) : join(folder, name),
    makeFolder: args.in_folders,
  });
  const all: (Output | false)[] = [
    args.save_png && output('png', `${stem}${ending}.png`, 'masks'),
    args.save_tif && output('tif', `${stem}${ending}.tif`, 'masks'),
    args.save_zarr && output('zarr', `${stem}${ending}.ome.zarr`, 'masks'),
    args.save_outlines && output('outlines', `${stem}_outlines${ending}.png`, 'outlines'),
    args.save_overlay && output('overlay', `${stem}_overlay${ending}.png`, 'outlines'),
    args.save_preview && output('preview', `${stem}_preview${ending}.png`, 'masks'),
    // Cellpose sorts all but this into folders.
    args.save_mpl && output('mpl', `${stem}_cp_output${ending}.png`, ''),
    args.save_txt && output('txt', `${stem}_cp_outlines.txt`, 'txt_outlines'),
    args.save_csv && output('csv', `${stem}_cp_objects.csv`, 'objects'),
    args.save_rois && output('rois', `${stem}_rois.zip`, 'rois'),
    args.save_geojson && output('geojson', `${stem}_cp_cells.geojson`, 'geojson'),
    args.save_coco && output('coco', `${stem}_cp_coco.json`, 'coco'),
    args.save_tracks && output('tracks', `${stem}_cp_tracks.csv`, 'tracks'),
    args.save_ctc && output('ctc', `${stem}_RES`, 'tracks'),
    args.save_flows && output('flows', `${stem}_flows${ending}.tif`, 'flows'),
    args.save_flows && output('dP', `${stem}_dP${ending}.tif`, 'flows'),
    args.restore_type !== null && args.save_restored && output('restored', `${stem}_cp_restored.tif`, 'restored'),
    !args.no_npy && {
      kind: 'seg',
      path: join(isUrl(image) ? folder : place.folder, `${stem}_seg.npy`),
      makeFolder: false,
    },
  ];
  return all.filter((entry) => entry !== false);
}

/** @throws RunError if a result, or the record of the run, would replace one of the images. */
export function checkImagesAreSafe(images: readonly string[], args: Args): void {
  const inputs = new Set(images.map(real));
  if (args.record !== null && inputs.has(real(args.record))) {
    throw new RunError(`--record ${args.record}: this is an image of this run; name another file`);
  }
  for (const image of images) {
    const hit = outputsOf(image, args).find((output) => inputs.has(real(output.path)));
    if (!hit) continue;
    throw new RunError(
      `the result ${hit.path} would replace an image of this run; choose another --output_name or --savedir`,
    );
  }
}

/**
 * `--output_name` replaces _cp_masks; an empty one only where the results go to another folder than the images, so that no
 * image is replaced.
 */
function suffix(image: string, args: Args): string {
  const { output_name: name, savedir } = args;
  if (name === null) return '_cp_masks';
  if (savedir === null) return name === '' ? '_cp_masks' : name;
  return real(savedir) === real(args.dir ?? imagePlace(image).folder) ? '_cp_masks' : name;
}

function real(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
}
