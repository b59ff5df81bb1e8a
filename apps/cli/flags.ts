/**
 * All flags of the command line, one entry each: Cellpose 3.1's with its names and defaults, Cellpose 4's, flags that
 * old tutorials still use, and our own. Parser, help, checks and docs/cli.md follow this table.
 */

export type FlagType = 'flag' | 'int' | 'float' | 'str';

export interface Flag {
  readonly name: `--${string}`;
  readonly group: GroupName;
  readonly type: FlagType;
  readonly default: boolean | number | string | null;
  readonly nargs?: 2 | '+';
  readonly metavar?: string | readonly [string, string];
  readonly help: string;
  /** Where the flag comes from; 3.1 wins when an abbreviation fits flags of several. */
  readonly from?: '4' | 'old' | 'own' | 'make_train' | 'train_denoise';
  /** Accepted, does nothing; the reason is told when the flag is given. */
  readonly noEffect?: string;
  /** Not there yet: the run is refused with this line. */
  readonly later?: string;
}

/** Titles of the groups, in the order of the help. */
export const groups = {
  input: 'Images',
  model: 'Model',
  size: 'Size and intensity',
  cells: 'What counts as a cell',
  output: 'What is written',
  run: 'How it runs',
  volume: 'Volumes',
  series: 'Time series',
  restore: 'Image restoration',
  training: 'Training',
  evaluating: 'Comparing with labels: cellpose-ts evaluate',
  noise: 'Networks that restore: cellpose-ts train_denoise',
  cutting: 'Pictures to be labelled out of stacks: cellpose-ts make_train',
  old: 'Of older versions',
} as const;
export type GroupName = keyof typeof groups;

/** Of a flag that only matters with `--train`. */
export const withoutTraining = 'it only matters in training';
/** Of a flag that only matters to `evaluate`. */
export const withoutEvaluate = 'it only matters to cellpose-ts evaluate';
/** Of a flag that only matters to `train_denoise`. */
export const withoutTrainDenoise = 'it only matters to cellpose-ts train_denoise';
/** Of a flag that only matters to `make_train`. */
const withoutMakeTrain = 'it only matters to cellpose-ts make_train';

export const flags = [
  // Images
  {
    name: '--dir',
    group: 'input',
    type: 'str',
    default: null,
    metavar: 'FOLDER',
    help: "folder of images to segment, or several by a pattern in quotes: 'plate*'",
  },
  {
    name: '--image_path',
    group: 'input',
    type: 'str',
    default: null,
    metavar: 'FILE',
    help: "one image instead of a folder, or several by a pattern in quotes: '**/*.tif'",
  },
  {
    name: '--look_one_level_down',
    group: 'input',
    type: 'flag',
    default: false,
    help: 'also the images in the direct subfolders of --dir',
  },
  {
    name: '--img_filter',
    group: 'input',
    type: 'str',
    default: null,
    metavar: 'ENDING',
    help: 'only images whose name ends so (without extension), for example _img',
  },
  {
    name: '--mask_filter',
    group: 'input',
    type: 'str',
    default: '_masks',
    metavar: 'ENDING',
    help: 'files whose name ends so are masks, not images',
  },
  {
    name: '--channel_axis',
    group: 'input',
    type: 'int',
    default: null,
    metavar: 'AXIS',
    help: 'axis of the channels, counted from 0 (-1 is the last); else it is found from the file',
  },
  {
    name: '--z_axis',
    group: 'input',
    type: 'int',
    default: null,
    metavar: 'AXIS',
    help: 'axis of the planes of a stack, counted from 0',
  },
  {
    name: '--chan',
    group: 'input',
    type: 'int',
    default: 0,
    metavar: 'N',
    help: 'channel to segment: 0 grey (mean of all), 1 red, 2 green, 3 blue',
  },
  {
    name: '--chan2',
    group: 'input',
    type: 'int',
    default: 0,
    metavar: 'N',
    help: 'channel of the nuclei, for models of whole cells: 0 none, 1 red, 2 green, 3 blue',
  },
  {
    name: '--all_channels',
    group: 'input',
    type: 'flag',
    default: false,
    help: 'give the channels to the network as they are (models trained on such images)',
  },
  { name: '--invert', group: 'input', type: 'flag', default: false, help: 'dark cells on a bright ground: invert' },

  // Model
  {
    name: '--pretrained_model',
    group: 'model',
    type: 'str',
    default: 'cyto3',
    metavar: 'MODEL',
    help:
      'name of a model, or path of a model file (PyTorch, .safetensors or .onnx); ' +
      'a model of Cellpose that is named here and is not on this machine is downloaded',
  },
  {
    name: '--offline',
    group: 'model',
    type: 'flag',
    default: false,
    from: 'own',
    help: 'download nothing: models of Cellpose are those in the folder of models',
  },
  {
    name: '--add_model',
    group: 'model',
    type: 'str',
    default: null,
    metavar: 'FILE',
    help: 'copy a model file into the folder of models, so that its name can be used; then stop',
  },
  {
    name: '--transformer',
    group: 'model',
    type: 'flag',
    default: false,
    help: 'transformer network of Cellpose 3',
    later: 'the transformer network is not part of this version: leave it out to use the default network',
  },

  // Size and intensity
  {
    name: '--diameter',
    group: 'size',
    type: 'float',
    default: 30,
    metavar: 'PIXELS',
    help:
      'diameter of the cells in pixels; 0: estimated for each image where the model can, ' +
      'else the mean of the model’s training images',
  },
  { name: '--no_norm', group: 'size', type: 'flag', default: false, help: 'take intensities as they are' },
  {
    name: '--norm_percentile',
    group: 'size',
    type: 'str',
    nargs: 2,
    default: null,
    metavar: ['LOW', 'HIGH'],
    help: 'percentiles of intensity that become 0 and 1, for example 1 99',
  },

  // Cells
  {
    name: '--flow_threshold',
    group: 'cells',
    type: 'float',
    default: 0.4,
    metavar: 'X',
    help: 'raise it if cells are missed, lower it if shapes are poor; 0 keeps every shape',
  },
  {
    name: '--cellprob_threshold',
    group: 'cells',
    type: 'float',
    default: 0,
    metavar: 'X',
    help: 'lower it (to -6) for more and larger cells, raise it (to 6) for fewer and smaller ones',
  },
  {
    name: '--min_size',
    group: 'cells',
    type: 'int',
    default: 15,
    metavar: 'PIXELS',
    help: 'cells with fewer pixels are dropped; -1 keeps all',
  },
  {
    name: '--pieces',
    group: 'cells',
    type: 'str',
    default: 'any',
    from: 'own',
    metavar: 'WHICH',
    help: 'of a label in several pieces that do not touch, keep any (all of them), the largest, or split it into labels',
  },
  {
    name: '--exclude_on_edges',
    group: 'cells',
    type: 'flag',
    default: false,
    help: 'drop cells that touch the border of the image',
  },
  {
    name: '--niter',
    group: 'cells',
    type: 'int',
    default: 0,
    metavar: 'N',
    help: 'steps by which pixels walk to the centre of their cell; 0: from the diameter; very long cells: 2000',
  },
  {
    name: '--no_resample',
    group: 'cells',
    type: 'flag',
    default: false,
    help: 'find cells at the size of the network’s input: faster for large cells, coarser outlines',
  },
  { name: '--no_interp', group: 'cells', type: 'flag', default: false, help: 'no interpolation between flows' },
  {
    name: '--augment',
    group: 'cells',
    type: 'flag',
    default: false,
    help: 'average over flipped, overlapping tiles: about four times the time, a little better',
  },

  // Output
  { name: '--save_png', group: 'output', type: 'flag', default: false, help: 'NAME_cp_masks.png: labels, 16 bit' },
  { name: '--save_tif', group: 'output', type: 'flag', default: false, help: 'NAME_cp_masks.tif: labels' },
  {
    name: '--save_outlines',
    group: 'output',
    type: 'flag',
    default: false,
    help: 'NAME_outlines_cp_masks.png: the image with red outlines',
  },
  {
    name: '--save_txt',
    group: 'output',
    type: 'flag',
    default: false,
    help: 'NAME_cp_outlines.txt: outlines for ImageJ, one line of x,y per cell',
  },
  {
    name: '--save_flows',
    group: 'output',
    type: 'flag',
    default: false,
    help: 'NAME_flows_cp_masks.tif, a picture, and NAME_dP_cp_masks.tif, the flows in numbers',
  },
  {
    name: '--save_overlay',
    group: 'output',
    type: 'flag',
    default: false,
    from: 'own',
    help: 'NAME_overlay_cp_masks.png: the image with each cell in a colour of its own',
  },
  {
    name: '--save_csv',
    group: 'output',
    type: 'flag',
    default: false,
    from: 'own',
    help: 'NAME_cp_objects.csv: area, place, size, shape and intensity of each cell',
  },
  {
    name: '--save_preview',
    group: 'output',
    type: 'flag',
    default: false,
    from: 'own',
    help: 'NAME_preview_cp_masks.png: the labels in colours on black, to look at',
  },
  {
    name: '--save_coco',
    group: 'output',
    type: 'flag',
    default: false,
    from: 'own',
    help: 'NAME_cp_coco.json: cells as COCO annotations, exact to the pixel',
  },
  {
    name: '--no_npy',
    group: 'output',
    type: 'flag',
    default: false,
    help: 'no NAME_seg.npy; else it is always written, beside the image, for the Cellpose GUI',
  },
  {
    name: '--savedir',
    group: 'output',
    type: 'str',
    default: null,
    metavar: 'FOLDER',
    help: 'folder for the results (must exist); _seg.npy stays beside the image',
  },
  {
    name: '--dir_above',
    group: 'output',
    type: 'flag',
    default: false,
    help: 'results into the folder above that of the images',
  },
  {
    name: '--in_folders',
    group: 'output',
    type: 'flag',
    default: false,
    help: 'results sorted into folders: masks, outlines, txt_outlines, flows, …',
  },
  {
    name: '--output_name',
    group: 'output',
    type: 'str',
    default: null,
    metavar: 'ENDING',
    help: 'ending of the results instead of _cp_masks; may be empty with another --savedir',
  },
  {
    name: '--save_rois',
    group: 'output',
    type: 'flag',
    default: false,
    help: 'NAME_rois.zip: regions for the ROI manager of ImageJ',
  },
  {
    name: '--save_geojson',
    group: 'output',
    type: 'flag',
    default: false,
    help: 'NAME_cp_cells.geojson: detections for QuPath',
    from: 'own',
  },
  {
    name: '--save_zarr',
    group: 'output',
    type: 'flag',
    default: false,
    help: 'folder NAME_cp_masks.ome.zarr: labels as OME-Zarr 0.4, with lower resolutions',
    from: 'own',
  },
  {
    name: '--save_mpl',
    group: 'output',
    type: 'flag',
    default: false,
    help: 'NAME_cp_output_cp_masks.png: figure of image, outlines, masks and flows',
  },

  // Running
  { name: '--verbose', group: 'run', type: 'flag', default: false, help: 'tell every step, and write a log file' },
  {
    name: '--threads',
    group: 'run',
    type: 'int',
    default: null,
    from: 'own',
    metavar: 'N',
    help: 'processor threads; else $OMP_NUM_THREADS, else all; cells do not depend on it',
  },
  {
    name: '--precision',
    group: 'run',
    type: 'str',
    default: 'float32',
    from: 'own',
    metavar: 'TYPE',
    help: 'float32, or int8: about three times faster, cells as good but not the same to the pixel',
  },
  {
    name: '--record',
    group: 'run',
    type: 'str',
    default: null,
    from: 'own',
    metavar: 'FILE',
    help: 'where the record of the run goes; else into ~/.cellpose/runs',
  },
  {
    name: '--resume',
    group: 'run',
    type: 'flag',
    default: false,
    from: 'own',
    help: 'go on with the same command that was stopped: images that it has finished are left as they are; with --train: with the training of --model_name_out',
  },
  {
    name: '--jobs',
    group: 'run',
    type: 'int',
    default: 1,
    from: 'own',
    metavar: 'N',
    help: 'images computed at once, each by a process of its own on its share of the threads: for machines with many cores',
  },
  {
    name: '--json',
    group: 'run',
    type: 'str',
    default: null,
    from: 'own',
    metavar: 'FILE',
    help: 'what was found, written and failed, as JSON; - is the standard output, other lines then go to the standard error',
  },
  {
    name: '--dry_run',
    group: 'run',
    type: 'flag',
    default: false,
    from: 'own',
    help: 'read and check everything, say what would be done and which files would be written, and stop',
  },
  {
    name: '--batch_size',
    group: 'run',
    type: 'int',
    default: 8,
    metavar: 'N',
    help: 'most tiles that the network gets at once; cells do not depend on it',
  },
  { name: '--version', group: 'run', type: 'flag', default: false, help: 'versions, and stop' },
  {
    name: '--use_gpu',
    group: 'run',
    type: 'flag',
    default: false,
    help: 'accepted; this version computes on the processor',
    noEffect: 'this version computes on the processor (CPU)',
  },
  {
    name: '--gpu_device',
    group: 'run',
    type: 'str',
    default: '0',
    metavar: 'N',
    help: 'accepted; see --use_gpu',
    noEffect: 'this version computes on the processor (CPU)',
  },
  {
    name: '--check_mkl',
    group: 'run',
    type: 'flag',
    default: false,
    help: 'accepted; there is no MKL here',
    noEffect: 'there is no MKL here: ONNX Runtime computes',
  },
  {
    name: '--Zstack',
    group: 'run',
    type: 'flag',
    default: false,
    help: 'accepted; there is no window to open',
    noEffect: 'there is no window to open',
  },

  // Volumes
  {
    name: '--do_3D',
    group: 'volume',
    type: 'flag',
    default: false,
    help: 'segment a stack as a volume: the network sees it along all three axes, about three times the time',
  },
  {
    name: '--stitch_threshold',
    group: 'volume',
    type: 'float',
    default: 0,
    metavar: 'IOU',
    help: 'plane by plane, then cells of neighbouring planes that overlap so much (0 to 1) are joined; 0: not joined',
  },
  {
    name: '--stitch_gap',
    group: 'volume',
    type: 'int',
    default: 0,
    from: 'own',
    metavar: 'PLANES',
    help: 'with --stitch_threshold: a cell may be missing in so many planes and keep its label',
  },
  {
    name: '--max_memory',
    group: 'volume',
    type: 'float',
    default: null,
    from: 'own',
    metavar: 'GB',
    help: 'stacks that need more, with the 0.4 GB of the program, are refused before they start, or with --do_3D go through files; default: the memory that is free',
  },
  {
    name: '--scratch',
    group: 'volume',
    type: 'str',
    default: null,
    from: 'own',
    metavar: 'FOLDER',
    help: 'where --do_3D keeps the files of a volume that does not fit into memory, removed at the end; default: where its results go',
  },
  {
    name: '--anisotropy',
    group: 'volume',
    type: 'float',
    default: 1,
    metavar: 'X',
    help: 'with --do_3D: distance of planes over size of a pixel',
  },
  {
    name: '--flow3D_smooth',
    group: 'volume',
    type: 'float',
    nargs: '+',
    default: 0,
    metavar: 'SIGMA',
    help: 'with --do_3D: smooth the flows; one sigma in pixels, or three for z, y and x',
  },
  {
    name: '--pretrained_model_ortho',
    group: 'volume',
    type: 'str',
    default: null,
    metavar: 'MODEL',
    help: 'with --do_3D: another model for the planes along z',
  },

  // Time series
  {
    name: '--t_axis',
    group: 'series',
    type: 'int',
    default: null,
    from: 'own',
    metavar: 'AXIS',
    help: 'axis of the frames of a time series, counted from 0; each is segmented by itself; else it is found from the file',
  },
  {
    name: '--norm_series',
    group: 'series',
    type: 'flag',
    default: false,
    from: 'own',
    help: 'scale intensities over the whole series, not frame by frame: for frames without cells',
  },
  {
    name: '--track',
    group: 'series',
    type: 'flag',
    default: false,
    from: 'own',
    help: 'cells keep their number over time; daughters get new ones',
  },
  {
    name: '--track_gap',
    group: 'series',
    type: 'int',
    default: 1,
    from: 'own',
    metavar: 'FRAMES',
    help: 'a cell missed in up to so many frames on end keeps its number',
  },
  {
    name: '--save_tracks',
    group: 'series',
    type: 'flag',
    default: false,
    from: 'own',
    help: 'NAME_cp_tracks.csv: place, area and parent of each cell in each frame; implies --track',
  },
  {
    name: '--save_ctc',
    group: 'series',
    type: 'flag',
    default: false,
    from: 'own',
    help: 'folder NAME_RES with masks and res_track.txt, as the Cell Tracking Challenge has them; implies --track',
  },

  // Restoration
  {
    name: '--restore_type',
    group: 'restore',
    type: 'str',
    default: null,
    metavar: 'MODEL',
    help:
      'restore images first: denoise_nuclei_small, which is here; denoise_cyto3, deblur_cyto3, upsample_cyto3, oneclick_cyto3, ' +
      'the same with cyto2 or nuclei, …, downloaded once; or the path of such a network',
  },
  {
    name: '--chan2_restore',
    group: 'restore',
    type: 'flag',
    default: false,
    help: 'restore the second channel with the network for nuclei of the same kind',
  },
  {
    name: '--save_restored',
    group: 'restore',
    type: 'flag',
    default: false,
    from: 'own',
    help: 'NAME_cp_restored.tif: the restored image as the network gives it, float32',
  },

  // Training
  {
    name: '--train',
    group: 'training',
    type: 'flag',
    default: false,
    help: 'train a network on the labelled images of --dir; the model goes to FOLDER/models',
  },
  {
    name: '--train_size',
    group: 'training',
    type: 'flag',
    default: false,
    help: 'train a size model for the network, which finds diameters; it goes beside the model as NAME_size.npy',
  },
  trainingOnly('--test_dir', 'str', null, 'folder of labelled images that are not trained on, to watch the loss'),
  trainingOnly('--file_list', 'str', null, 'file that lists training and test images, .npy of Cellpose or .json'),
  trainingOnly('--diam_mean', 'float', 30, 'from scratch: diameter in pixels that cells are scaled to'),
  trainingOnly('--learning_rate', 'float', 0.2, 'learning rate; for AdamW rather 0.005'),
  trainingOnly('--weight_decay', 'float', 0.00001, 'weight decay'),
  trainingOnly('--n_epochs', 'int', 500, 'number of epochs'),
  trainingOnly('--nimg_per_epoch', 'int', null, 'images drawn in an epoch; else all, each once'),
  trainingOnly('--nimg_test_per_epoch', 'int', null, 'test images drawn each time; else all'),
  trainingOnly('--min_train_masks', 'int', 5, 'images with fewer cells are left out'),
  {
    ...trainingOnly('--negatives', 'flag', false, 'keep images without any cell, to learn what is none'),
    from: 'own',
  },
  {
    ...trainingOnly('--ignore_label', 'int', null, 'label of regions that are not to be judged, such as 65535'),
    from: 'own',
  },
  trainingOnly('--SGD', 'int', 1, '1: SGD, 0: AdamW'),
  trainingOnly('--save_every', 'int', 100, 'epochs between saved models'),
  trainingOnly('--model_name_out', 'str', null, 'name of the trained model; else cellpose_ and the time'),
  {
    ...trainingOnly('--train_batch_size', 'int', 1, 'tiles per step; else --batch_size, as in Cellpose 3'),
    from: '4',
  },
  {
    ...trainingOnly('--bsize', 'int', 256, 'size of training tiles in pixels; 224 unless given, as in Cellpose 3'),
    from: '4',
  },
  { ...trainingOnly('--save_each', 'flag', false, 'keep every saved model, as NAME_epoch_0100 and so on'), from: '4' },
  {
    ...trainingOnly(
      '--nbase',
      'str',
      '32,64,128,256',
      'channels of each level of a network from scratch; fewer are faster',
    ),
    from: 'own',
  },
  {
    ...trainingOnly(
      '--keep_best',
      'flag',
      false,
      'keep the network that found the cells of --test_dir best, not the last',
    ),
    from: 'own',
  },
  {
    ...trainingOnly('--patience', 'int', null, 'stop when precision on --test_dir has not risen for so many epochs'),
    from: 'own',
  },
  {
    ...trainingOnly('--measure_every', 'int', 10, 'epochs between measurements of the precision on --test_dir'),
    from: 'own',
  },
  {
    ...trainingOnly('--no_report', 'flag', false, 'no page with curves, precision and samples beside the model'),
    from: 'own',
  },
  { ...trainingOnly('--seed', 'int', 0, 'of all random numbers: the same seed, the same model'), from: 'own' },

  // Evaluating
  {
    ...evaluateOnly('--pred_dir', 'str', null, 'folder of masks to compare, in place of those that a model finds'),
    metavar: 'FOLDER',
  },
  {
    ...evaluateOnly('--pred_filter', 'str', '_cp_masks', "what follows an image's name in the name of its masks there"),
    metavar: 'ENDING',
  },
  evaluateOnly('--true_diameter', 'flag', false, 'each image with the median diameter of its own labels'),

  // Cutting
  noiseOnly(
    '--noise_type',
    'str',
    null,
    'poisson, blur, downsample, all, aniso, blur_expr or downsample_expr; else as below',
  ),
  noiseOnly('--poisson', 'float', 0.8, 'share of the tiles that few photons make'),
  noiseOnly('--beta', 'float', 0.7, 'photons of a bright pixel are 4 over this, on average'),
  noiseOnly('--blur', 'float', 0, 'share of the tiles that are blurred'),
  noiseOnly('--gblur', 'float', 1, 'how strongly; 1 is a sigma of half a pixel to 5 pixels for cells of 30'),
  noiseOnly('--downsample', 'float', 0, 'share of the tiles that lose pixels'),
  noiseOnly('--ds_max', 'int', 7, 'one of up to so many pixels is kept, along each axis'),
  noiseOnly('--lam_per', 'float', 1, 'weight of the perceptual loss'),
  noiseOnly('--lam_seg', 'float', 1.5, 'weight of the loss of the segmentation'),
  noiseOnly('--lam_rec', 'float', 0, 'weight of the squared difference to the good tile'),
  noiseOnly('--seg_model_type', 'str', 'cyto2', 'model that segments good images, for the first two losses'),

  cuttingOnly('--nimg_per_tif', 'int', 10, 'planes that are taken along each axis of a stack'),
  cuttingOnly('--crop_size', 'int', 512, 'pixels on a side of the pieces'),
  cuttingOnly('--sharpen_radius', 'float', 0, 'radius in pixels of a filter that takes slow changes away; 0: none'),
  cuttingOnly('--tile_norm', 'int', 0, 'pixels on a side of tiles whose intensities are scaled by themselves; 0: none'),

  // Removed upstream
  {
    name: '--model_type',
    group: 'old',
    type: 'str',
    default: null,
    from: 'old',
    metavar: 'MODEL',
    help: 'now called --pretrained_model',
  },
  {
    name: '--fast_mode',
    group: 'old',
    type: 'flag',
    default: false,
    from: 'old',
    help: 'accepted; one network is used in any case',
    noEffect: 'one network is used in any case',
  },
  {
    name: '--net_avg',
    group: 'old',
    type: 'flag',
    default: false,
    from: 'old',
    help: 'accepted; models are single networks now',
    noEffect: 'models are single networks now, nothing is averaged',
  },
] as const satisfies readonly Flag[];

function trainingOnly<const N extends `--${string}`, const T extends FlagType, const D extends Flag['default']>(
  name: N,
  type: T,
  value: D,
  help: string,
) {
  return { name, group: 'training', type, default: value, help, noEffect: withoutTraining } as const;
}

function evaluateOnly<const N extends `--${string}`, const T extends FlagType, const D extends Flag['default']>(
  name: N,
  type: T,
  value: D,
  help: string,
) {
  return { name, group: 'evaluating', type, default: value, help, from: 'own', noEffect: withoutEvaluate } as const;
}

function noiseOnly<const N extends `--${string}`, const T extends FlagType, const D extends number | string | null>(
  name: N,
  type: T,
  value: D,
  help: string,
) {
  return {
    name,
    group: 'noise',
    type,
    default: value,
    help,
    from: 'train_denoise',
    noEffect: withoutTrainDenoise,
  } as const;
}

function cuttingOnly<const N extends `--${string}`, const T extends FlagType>(
  name: N,
  type: T,
  value: number,
  help: string,
) {
  return {
    name,
    group: 'cutting',
    type,
    default: value,
    help,
    from: 'make_train',
    noEffect: withoutMakeTrain,
  } as const;
}

type Values = { readonly flag: boolean; readonly int: number; readonly float: number; readonly str: string };
type Table = (typeof flags)[number];
type WithoutDashes<N extends string> = N extends `--${infer Rest}` ? Rest : never;
type Base<F extends Flag> = Values[F['type']] | (F['default'] extends null ? null : never);
type ValueOf<F extends Flag> = F extends { nargs: 2 }
  ? readonly [string, string] | null
  : F extends { nargs: '+' }
    ? number | readonly number[]
    : Base<F>;

/** What the command line said: a value for every flag, the default where it was not given. */
export type Args = { readonly [F in Table as WithoutDashes<F['name']>]: ValueOf<F> };
