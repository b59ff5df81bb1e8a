/**
 * Cellpose in TypeScript: cells and nuclei in microscope images, segmented as Cellpose 3.1 does.
 *
 * ```ts
 * const model = await Cellpose.load();
 * const { masks, count } = await model.eval(image, { channels: [0, 0], diameter: 0 });
 * ```
 *
 * Public names only; the code is in the folders. Networks as graphs are in `cellpose-ts/graph`.
 */

// Arrays and errors
export type { AnyTypedArray, FloatArray, Masks, Masks2D, NdArray, TypedArray } from './array/ndarray.ts';
export { ndarray, sizeOf } from './array/ndarray.ts';
export { type Random, randomOrder, seededRandom } from './array/random.ts';
export type { Scratch, ScratchFile } from './array/scratch.ts';
export type { StateDict } from './array/stateDict.ts';
export { arrayReader, arrayWriter, type Window, type WindowReader, type WindowWriter } from './array/window.ts';
// Flows and masks
export type { CheckedCells } from './dynamics/checkedCells.ts';
export { type ComputeMasksOptions, computeMasks } from './dynamics/computeMasks.ts';
export {
  type ComputeMasksWindowsOptions,
  computeMasksWindows,
  type WindowsDone,
  type WindowsSummary,
} from './dynamics/computeMasksWindows.ts';
export { type FlowCheckOptions, flowErrors, removeBadFlowMasks } from './dynamics/flowErrors.ts';
export {
  type FlowRules,
  flowRules3,
  flowRules3Gpu,
  flowRules3Volume,
  flowRules4,
  flowRules2020,
  flowRules2020Gpu,
} from './dynamics/flowRules.ts';
export { type FollowOptions, followFlows } from './dynamics/followFlows.ts';
export {
  type FollowRules,
  followRules3,
  followRules3Gpu,
  followRules4,
  followRules2020,
  followRules2020Gpu,
} from './dynamics/followRules.ts';
export { type CellCenter, getCenters } from './dynamics/getCenters.ts';
export { type GetMasksOptions, getMasks } from './dynamics/getMasks.ts';
export { type LabelsToFlowsOptions, labelsToFlows } from './dynamics/labelsToFlows.ts';
export { type MaskRules, maskRules3, maskRules30, maskRules2020 } from './dynamics/maskRules.ts';
export { type MasksToFlowsOptions, masksToFlows } from './dynamics/masksToFlows.ts';
export { muC } from './dynamics/muC.ts';
export { type ResizeAndComputeMasksOptions, resizeAndComputeMasks } from './dynamics/resizeAndComputeMasks.ts';
export { type DynamicsRules, dynamics3, dynamics4, dynamics2020 } from './dynamics/rules.ts';
export { type UnetMasksOptions, unetMasks } from './dynamics/unetMasks.ts';
export { unetClasses, unetTargets } from './dynamics/unetTargets.ts';

// Networks and tiles
export { type CalibrateOptions, calibrate } from './engine/calibrate.ts';
export { createEnsemble } from './engine/ensemble.ts';
export { createNetwork, type Network, type NetworkOptions } from './engine/network.ts';
export type { ActivationRanges, NetworkPrecision } from './engine/precision.ts';
export { resizeOutput, runNet } from './engine/runNet.ts';
export { type RunNetOptions, runNetWindows, type TileProgress } from './engine/runNetWindows.ts';
export type { TileNetwork, TileOutput } from './engine/tileNetwork.ts';
export * from './errors.ts';
// Files
export { type CocoJsonOptions, cocoJsonPieces } from './io/cocoJson.ts';
export { type GeoJsonOptions, geoJsonPieces } from './io/geoJson.ts';
export type {
  ImageFacts,
  ImageFile,
  OpenImage,
  OpenImageOptions,
  PhysicalSize,
  ReadImageOptions,
} from './io/imageFile.ts';
export { type ImagePlanes, planesOfArray, wholeImage } from './io/imagePlanes.ts';
export { inMicrometres } from './io/micrometres.ts';
export { narrowLabels } from './io/narrowLabels.ts';
export { readNpy, writeNpy } from './io/npy.ts';
export { openNpz, writeNpz } from './io/npz.ts';
export { writeOnnxModel } from './io/onnx/writeOnnxModel.ts';
export { openImage } from './io/openImage.ts';
export { type WritePngOptions, writePng } from './io/png/writePng.ts';
export { writePredictedDiamsNpy } from './io/predictedDiamsNpy.ts';
export { readImage } from './io/readImage.ts';
export { openWeights, readWeights } from './io/readWeights.ts';
export { roiZipParts } from './io/roi/writeRoiZip.ts';
export { writeSafetensors } from './io/safetensors.ts';
export { readSegNpy, type SegFlows, type SegNpy } from './io/segNpy.ts';
export { readSizeModelNpy, type SizeParams, writeSizeModelNpy } from './io/sizeModelNpy.ts';
export { type Source, sourceFromBytes } from './io/source.ts';
export type { TensorFile, TensorInfo } from './io/tensorFile.ts';
export { type WriteTiffOptions, writeTiff } from './io/tiff/writeTiff.ts';
export {
  type CellposeImage,
  type CellposePlanes,
  toCellposeImage,
  toCellposePlanes,
} from './io/toCellposeImage.ts';
export { writeTorchFile } from './io/torchFile/writeTorchFile.ts';
export { readTrainingListNpy, type TrainingList } from './io/trainingListNpy.ts';
export { segNpyPieces, type WriteSegNpyInput, writeSegNpy } from './io/writeSegNpy.ts';
export { type LabelsZarrOptions, labelsZarr, type ZarrFile } from './io/zarr/labelsZarr.ts';
export { listZarrImages } from './io/zarr/listZarrImages.ts';
export type { ZarrStore } from './io/zarr/metadata.ts';
export type { ReadZarrOptions } from './io/zarr/openZarrArray.ts';
export { openZarrImage } from './io/zarr/openZarrImage.ts';
export { readZarrImage } from './io/zarr/readZarrImage.ts';
export { writeZip, type ZipInput } from './io/zipWrite.ts';
export { diameters } from './masks/diameters.ts';
export { dilateMasks } from './masks/dilateMasks.ts';
export { distanceToBoundary, masksToEdges } from './masks/distanceToBoundary.ts';
export { fillHolesAndRemoveSmallMasks } from './masks/fillHolesAndRemoveSmallMasks.ts';
export { histogram, histogramEdges } from './masks/histogram.ts';
export { maskCompactness, maskPerimeters } from './masks/maskPerimeters.ts';
export { type MaskStats, maskStats } from './masks/maskStats.ts';
export { type OnePieceOptions, onePiece } from './masks/onePiece.ts';
export { masksToOutlines } from './masks/outlines.ts';
export { outlinesList } from './masks/outlinesList.ts';
export { findPeaks, growPlaces, windowMaximum } from './masks/peaks.ts';
export { type LabelPolygons, type PixelPolygon, pixelPolygons, type Ring } from './masks/pixelPolygons.ts';
export { type RemoveEdgeMasksOptions, removeEdgeMasks } from './masks/removeEdgeMasks.ts';
export { renumber } from './masks/renumber.ts';
export { type RadiusDistribution, radiusDistribution, sizeDistribution } from './masks/sizeDistribution.ts';
export { type StitchOptions, stitch3D } from './masks/stitch3D.ts';
export { type LinkedMasks, type LinkOptions, linkMasks } from './measure/linkMasks.ts';
export {
  type MeasureObjectsOptions,
  measureObjects,
  type ObjectMeasures,
  type PlaneShape,
} from './measure/measureObjects.ts';
export type { Intensities } from './measure/objectIntensities.ts';
export { type PhysicalMeasures, physicalMeasures } from './measure/physicalMeasures.ts';
export { resTrackText } from './measure/resTrackText.ts';
export { type TrackPoint, trackPoints } from './measure/trackPoints.ts';
export type { Track } from './measure/tracks.ts';
export { unbrokenTracks } from './measure/unbrokenTracks.ts';
export { aggregatedJaccardIndex } from './metrics/aggregatedJaccardIndex.ts';
export { averagePrecision, type Precision } from './metrics/averagePrecision.ts';
export { type BoundaryScores, boundaryScores } from './metrics/boundaryScores.ts';
export { intersectionOverUnion } from './metrics/intersectionOverUnion.ts';
export { maskIous } from './metrics/maskIous.ts';
export { type MeanPrecision, meanPrecision, pooledPrecision } from './metrics/precisionOverImages.ts';
// Models
export {
  type CalibrateOnImagesOptions,
  type CalibrationImage,
  calibrateOnImages,
} from './models/calibrateOnImages.ts';
export { Cellpose, type CellposeLoadOptions } from './models/cellpose.ts';
export {
  type CellposeDenoiseLoadOptions,
  CellposeDenoiseModel,
  type RestoredEvalResult,
} from './models/cellposeDenoiseModel.ts';
export { CellposeModel, type LoadOptions } from './models/cellposeModel.ts';
export { evalDefaults } from './models/defaults.ts';
export {
  type DenoiseLoadOptions,
  DenoiseModel,
  type RestoreOptions,
  type RestorePerImage,
  type RestoreResult,
} from './models/denoiseModel.ts';
export type { SizeEstimate } from './models/estimateSize.ts';
export { planRestoredRun, type RestoredRunPlan } from './models/planRestoredRun.ts';
export { type PlannedModel, planRun, type RunPlan } from './models/planRun.ts';
export type { PresetName } from './models/presets.ts';
export { nucleiRestorerOf, type RestoreTraits, restoreModelNames, restoreTraits } from './models/restoreModels.ts';
export { SizeModel } from './models/sizeModel.ts';
export type { EvalOptions, EvalResult, ImageInput, PerImage, ProgressEvent, Timing } from './models/types.ts';
export { type UnetEvalOptions, type UnetLoadOptions, UnetModel, type UnetResult } from './models/unetModel.ts';
export { unetThresholds } from './models/unetThresholds.ts';
export { type BundledModel, bundledModels, bundledRestorers } from './models/weights.ts';
export { type CPnetConfig, cpnet } from './nets/cpnet.ts';
export { type CPnetDescription, type CPnetState, readCPnetState } from './nets/cpnetState.ts';
export { unet } from './nets/unet.ts';
export type { Device } from './platform/types.ts';
// Pictures
export { displayRgb } from './plot/displayRgb.ts';
export { dxToCirc } from './plot/dxToCirc.ts';
export { dxToCircHsv } from './plot/dxToCircHsv.ts';
export { hueColors } from './plot/hueColors.ts';
export { imageToRgb } from './plot/imageToRgb.ts';
export { disk, interestingPatch, type Patch } from './plot/interestingPatch.ts';
export { labelColor } from './plot/labelColor.ts';
export { labelsPicture } from './plot/labelsPicture.ts';
export { maskOverlay } from './plot/maskOverlay.ts';
export { type MaskRgbOptions, maskRgb } from './plot/maskRgb.ts';
export { outlinesImage } from './plot/outlinesImage.ts';
export { outlineView } from './plot/outlineView.ts';
export { segmentationFigure } from './plot/segmentationFigure.ts';
export { showSegmentation } from './plot/showSegmentation.ts';
// Simulated microscopy
export type { CellForm } from './simulate/cellShape.ts';
export { simulateImage } from './simulate/simulateImage.ts';
export { simulateSeries } from './simulate/simulateSeries.ts';
export { simulateVolume } from './simulate/simulateVolume.ts';
export type {
  Modality,
  SimulatedImage,
  SimulatedPixels,
  SimulatedSeries,
  SimulatedTrack,
  SimulatedVolume,
  SimulateImageOptions,
  SimulateOptions,
  SimulateSeriesOptions,
  SimulateVolumeOptions,
} from './simulate/types.ts';
export { addNoise, type Noise } from './train/addNoise.ts';
// Training
export { readCheckpoint, type TrainingState } from './train/checkpoint.ts';
export { initialState } from './train/initialState.ts';
export { learningRates, type ScheduleRules, schedule2, schedule3, schedule4 } from './train/learningRates.ts';
export { drawNoise, type NoiseKind, type NoiseRules, noiseKinds } from './train/noiseKinds.ts';
export type { RestoreLosses } from './train/restoreTask.ts';
export { type SegLoss, segLoss } from './train/segLoss.ts';
export { type SegmentExamplesOptions, type SegmentedExample, segmentExamples } from './train/segmentExamples.ts';
export { type TrainDenoiseOptions, type TrainDenoiseResult, trainDenoise } from './train/trainDenoise.ts';
export {
  makeTrainingSet,
  type TrainingExample,
  type TrainingImage,
  type TrainingSet,
  type TrainingSetOptions,
} from './train/trainingSet.ts';
export { checkpointName, type TrainSegResult } from './train/trainNetwork.ts';
export { trainSeg } from './train/trainSeg.ts';
export type { EpochReport, TrainingStore, TrainSegOptions } from './train/trainSegOptions.ts';
export { type TrainSizeOptions, type TrainSizeResult, trainSize } from './train/trainSize.ts';
export { type TrainUnetOptions, type TrainUnetResult, trainUnet } from './train/trainUnet.ts';
export { unetLoss } from './train/unetLoss.ts';
// Images before the network, and tiles
export {
  type ConvertedImage,
  type ConvertOptions,
  convertImage,
  type ImageConverter,
  imageConverter,
} from './transforms/convertImage.ts';
export { type ConvertOptions4, convertImage4 } from './transforms/convertImage4.ts';
export { getPadYX } from './transforms/getPadYX.ts';
export { normalize99 } from './transforms/normalize99.ts';
export { normalize99Tile, type TileNormOptions } from './transforms/normalize99Tile.ts';
export { type NormalizeParams, normalizeImg } from './transforms/normalizeImg.ts';
export {
  type NormalizeRules,
  normalizeRules,
  normalizeRules3,
  normalizeRules3Eval,
  normalizeRules4,
} from './transforms/normalizeRules.ts';
export {
  type AugmentationDraw,
  type AugmentationOptions,
  type Augmented,
  drawAugmentation,
  randomRotateAndResize,
} from './transforms/randomRotateAndResize.ts';
export { resizeImage } from './transforms/resizeImage.ts';
export { type SmoothSharpenOptions, smoothSharpenImg } from './transforms/smoothSharpenImg.ts';
export { taperMask } from './transforms/taperMask.ts';
export { type TileGrid, type TileOptions, tileGrid } from './transforms/tileGrid.ts';
