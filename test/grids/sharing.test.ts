/** The other grids, beside those of goodput: another file for another core. */
import { golden } from './golden.ts';

golden('fairness', 'reordering', 'queueing-delay');
