/** The grids of goodput: the same octets, whenever and wherever they are made. */
import { golden } from './golden.ts';

golden('goodput-cubic', 'goodput-reno', 'goodput-bbr');
