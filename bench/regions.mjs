// Files of cells for other programs: 10,000 round cells on 4096×4096 pixels as ImageJ regions and as GeoJSON, milliseconds.
//   node bench/regions.mjs [rounds]
import { bundle } from './bundle.mjs';

const rounds = Number(process.argv[2] ?? 5);
const { roiZipParts, geoJsonPieces } = await bundle({
  roiZipParts: 'io/roi/writeRoiZip.ts',
  geoJsonPieces: 'io/geoJson.ts',
});
const side = 4096;
const data = new Int32Array(side * side);
let cells = 0;
for (let cy = 20; cy < side; cy += 41)
  for (let cx = 20; cx < side; cx += 41) {
    cells++;
    for (let y = -18; y <= 18; y++)
      for (let x = -18; x <= 18; x++)
        if (x * x + y * y <= 330 && cy + y < side && cx + x < side) data[(cy + y) * side + cx + x] = cells;
  }
const masks = { data, shape: [side, side] };
for (const [name, make] of Object.entries({ 'ROI zip': roiZipParts, GeoJSON: geoJsonPieces })) {
  const times = Array.from({ length: rounds }, () => {
    const begin = performance.now();
    make(masks);
    return performance.now() - begin;
  });
  const median = times.toSorted((a, b) => a - b)[Math.floor(rounds / 2)];
  console.log(`${cells} cells, ${name}: ${median.toFixed(0)} ms (${rounds} rounds)`);
}
