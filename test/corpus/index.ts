/** All requests of the corpus. */
import type { Family, RequestCase } from './case';
import { FRAMING } from './framing';
import { LINES } from './lines';
import { REQUEST_LINE } from './request-line';
import { SEMANTICS } from './semantics';

export const REQUESTS: readonly Family<RequestCase>[] = [...FRAMING, ...LINES, ...REQUEST_LINE, ...SEMANTICS];
