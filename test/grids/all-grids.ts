/** Every golden grid of the repository. */
import { CONTROLLERS } from '../../src/tcp/options.ts';
import { fairness } from './fairness.ts';
import { goodputGrid } from './goodput.ts';
import type { Grid } from './grid.ts';
import { queueing } from './queueing.ts';
import { reordering } from './reordering.ts';

export const GRIDS: readonly Grid[] = [
  ...CONTROLLERS.map(goodputGrid),
  fairness,
  reordering,
  queueing,
];
