/**
 * What it costs to copy a body's bytes out of the read buffer so that they can be written: into a slab that is used again,
 * as src/proxy/net/shared-read.ts does, beside memory of its own for each. `node bench/body-slab.mjs [--json]`.
 *
 * The claim it shows: for large pieces, memory of its own costs several times the copy itself, for the operating system
 * has to find and clear it and the garbage collector to give it back.
 */
import { compare, report } from './micro.mjs';

const source = Buffer.alloc(65_536, 'x');
const slab = Buffer.allocUnsafeSlow(98_304);
let last = Buffer.alloc(0);

for (const size of [16_384, 65_536]) {
  const bytes = source.subarray(0, size);
  report(`${size / 1_024} KiB`, 'piece', compare({
    'memory of its own': (count) => { for (let i = 0; i < count; i++) last = Buffer.from(bytes); },
    'a slab used again': (count) => {
      for (let i = 0; i < count; i++) {
        bytes.copy(slab, 0);
        last = slab.subarray(0, size);
      }
    },
  }, 20_000));
}
if (last.length === 0) throw new Error('the pieces must not be optimized away');
