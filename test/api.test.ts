/** The public names, as a snapshot: a change of the public face is a visible diff. */

import * as library from 'cellpose-ts';
import * as graph from 'cellpose-ts/graph';
import { expect, it } from 'vitest';

it('offers these names from cellpose-ts', () => {
  expect(Object.keys(library).sort()).toMatchInlineSnapshot(`
    [
      "Cellpose",
      "CellposeError",
      "CellposeModel",
      "DeviceError",
      "FormatError",
      "OptionError",
      "ShapeError",
      "SizeModel",
      "UnsupportedError",
      "arrayReader",
      "arrayWriter",
      "assert",
      "averagePrecision",
      "bundledModels",
      "computeMasks",
      "convertImage",
      "cpnet",
      "createNetwork",
      "diameters",
      "displayRgb",
      "dxToCirc",
      "dynamics3",
      "evalDefaults",
      "fillHolesAndRemoveSmallMasks",
      "flowErrors",
      "followFlows",
      "getMasks",
      "getPadYX",
      "imageToRgb",
      "isCellposeError",
      "maskIous",
      "maskOverlay",
      "masksToFlows",
      "masksToOutlines",
      "narrowLabels",
      "ndarray",
      "normalize99",
      "normalize99Tile",
      "normalizeImg",
      "openNpz",
      "openWeights",
      "outlineView",
      "outlinesImage",
      "outlinesList",
      "readImage",
      "readNpy",
      "readSegNpy",
      "readSizeModelNpy",
      "readWeights",
      "removeBadFlowMasks",
      "removeEdgeMasks",
      "renumber",
      "resizeAndComputeMasks",
      "resizeImage",
      "resizeOutput",
      "runNet",
      "runNetWindows",
      "segNpyPieces",
      "sizeOf",
      "smoothSharpenImg",
      "sourceFromBytes",
      "taperMask",
      "tileGrid",
      "toCellposeImage",
      "writeNpy",
      "writeNpz",
      "writePng",
      "writeSafetensors",
      "writeSegNpy",
      "writeSizeModelNpy",
      "writeTiff",
      "writeTorchFile",
    ]
  `);
});

it('offers these names from cellpose-ts/graph', () => {
  expect(Object.keys(graph).sort()).toMatchInlineSnapshot(`
    [
      "Graph",
      "encodeOnnx",
      "interpret",
      "printGraph",
    ]
  `);
});
