/**
 * The kernels: what plain loops of src/ do, again, compiled to WebAssembly. Each must give the same bits as its twin; the tests
 * hold them to it. A kernel sees one memory, given from outside and shared between threads; arguments are addresses and
 * numbers. The last argument of a kernel that needs room of its own is the number of its thread.
 */
export { stepsLinear, stepsNearest } from './steps';
export { stepsGrid, stepsNearestVoxel } from './gridSteps';
export { planeHeat, solidHeat } from './diffusion';
export { heatErrors, heatFlows } from './heatGradient';
