/**
 * Memory of this proxy over many requests. Short loads follow each other, each with connections of its own and with another
 * kind of request, so that what a connection, a body or a chunk leaves behind would add up. Memory is read between them.
 * The first loads are not counted: the compiler and the heap find their size there.
 */
import { answersRight, load } from './load.mjs';
import { OWN, startMesh } from './peers.mjs';
import { residentBytes } from './processes.mjs';
import { scenario, startBackend } from './scenarios.mjs';
import { median } from './statistics.mjs';

const KINDS = ['small', 'post', 'small', 'chunked', 'small', '64k'];
const WARM_UP_PART = 0.15;
const SLICE_SECONDS = 1;
/** Samples at either end that are compared: a part of all, so that one collection more or less says nothing. */
const END_PART = 0.2;

export async function soak({ folder, cores, running, requests, quick }) {
  const backend = await startBackend(folder, cores.load);
  running.add(backend);
  const proxy = await startMesh(folder, cores.proxy, backend.port);
  running.add(proxy);
  for (const kind of new Set(KINDS)) await answersRight(OWN, proxy.port, scenario(kind));

  const warmUp = await series({ proxy, core: cores.load, requests: requests * WARM_UP_PART, title: 'warm-up' });
  const samples = await series({ proxy, core: cores.load, requests, title: 'soak' });
  const ends = Math.max(1, Math.round(samples.length * END_PART));
  const bytesOf = (part) => median(part.map(({ bytes }) => bytes));
  return {
    complete: !quick && requests >= 2_000_000,
    requests: lastOf(samples).requests,
    warmUpRequests: lastOf(warmUp).requests,
    kinds: [...new Set(KINDS)],
    firstBytes: bytesOf(samples.slice(0, ends)),
    lastBytes: bytesOf(samples.slice(-ends)),
    endPart: END_PART,
    samples,
  };
}

/** @param {{ requests: number, bytes: number }[]} samples at least one */
const lastOf = (samples) => /** @type {{ requests: number, bytes: number }} */ (samples.at(-1));

/** Loads until so many requests were answered; resolves to memory after each load. */
async function series({ proxy, core, requests, title }) {
  const samples = [];
  let answered = 0;
  for (let turn = 0; answered < requests; turn++) {
    const each = scenario(KINDS[turn % KINDS.length]);
    const { requests: more, errors } = await load({ port: proxy.port, scenario: each, seconds: SLICE_SECONDS, core });
    if (errors > 0) throw new Error(`${each.name}: ${errors} requests failed; the numbers would mean nothing`);
    answered += more;
    samples.push({ requests: answered, bytes: residentBytes(proxy.pid) });
    if (turn % 10 === 0 || answered >= requests) {
      console.log(`${title} ${answered}/${Math.round(requests)} requests, RSS ${(lastOf(samples).bytes / 2 ** 20).toFixed(1)} MiB`);
    }
  }
  return samples;
}
