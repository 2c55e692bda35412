/**
 * Runs mutated messages against a target, for a number of cases or a time, and makes a case that fails smaller before it
 * reports it. A seed gives the same cases again.
 */
import { seededRandom } from '../support/random';
import { checkCodec, CodecCase } from './codec-target';
import { checkCertificate } from './certificates-target';
import { ConnectionCase, Ending, Lane, Side } from './connections-target';
import { HandshakeLane } from './handshakes-target';
import { cuts, mutated, oneOf, Random } from './mutate';
import { mutatedBytes } from './mutate-bytes';
import type { Population, Seed } from './population';

export interface FuzzOptions {
  readonly seed: number;
  /** Most cases. */
  readonly cases: number;
  /** Most time. */
  readonly milliseconds: number;
}

export interface Finding {
  readonly problem: string;
  /** What failed. */
  readonly kept: readonly Seed[];
}

export interface FuzzResult {
  readonly cases: number;
  readonly finding: Finding | undefined;
}

/** Proxies that work at the same time: a case over sockets mostly waits; one with a handshake computes besides. */
const LANES = { connections: 24, handshakes: 8 };
/** Mutations of one message. */
const MOST_CHANGES = 6;

export async function fuzzCodec(population: Population, options: FuzzOptions): Promise<FuzzResult> {
  const random = seededRandom(options.seed);
  const end = Date.now() + options.milliseconds;
  let cases = 0;
  for (; cases < options.cases && Date.now() < end; cases += 1) {
    const kind = oneOf(random, ['request', 'request', 'response', 'response to HEAD'] as const);
    const bytes = mutated(random, kind === 'request' ? population.requests : population.responses, MOST_CHANGES);
    const failing: CodecCase = { kind, bytes, cuts: [cuts(random, bytes.length), cuts(random, bytes.length)] };
    if (await checkCodec(failing) === undefined) continue;
    const small = await smaller(failing.bytes, async (each) => await checkCodec({ ...failing, bytes: each }) !== undefined);
    const problem = `${kind}: ${await checkCodec({ ...failing, bytes: small })}`;
    return { cases, finding: { problem, kept: [{ kind: kind === 'request' ? 'request' : 'response', bytes: small.toString('latin1') }] } };
  }
  return { cases, finding: undefined };
}

export function fuzzConnections(population: Population, options: FuzzOptions): Promise<FuzzResult> {
  return inLanes(LANES.connections, () => Lane.start(), options, async (lane, random) => {
    const failing = connectionCase(random, population);
    const problem = await lane.check(failing);
    return problem === undefined ? undefined : {
      problem: `${problem}; the client sends ${JSON.stringify(shown(failing.client))}, the backend ${JSON.stringify(shown(failing.backend))}`,
      kept: [
        { kind: 'request', bytes: failing.client.bytes.toString('latin1') },
        { kind: 'response', bytes: failing.backend.bytes.toString('latin1') },
      ],
    };
  });
}

export async function fuzzCertificates({ certificates }: Population, options: FuzzOptions): Promise<FuzzResult> {
  const random = seededRandom(options.seed);
  const end = Date.now() + options.milliseconds;
  let cases = 0;
  for (; cases < options.cases && Date.now() < end; cases += 1) {
    const failing = mutatedBytes(random, certificates, MOST_CHANGES);
    if (checkCertificate(failing) === undefined) continue;
    const small = await smaller(failing, (each) => Promise.resolve(checkCertificate(each) !== undefined));
    return { cases, finding: { problem: checkCertificate(small)!, kept: [{ kind: 'certificate', bytes: small.toString('latin1') }] } };
  }
  return { cases, finding: undefined };
}

export function fuzzHandshakes({ hellos }: Population, options: FuzzOptions): Promise<FuzzResult> {
  return inLanes(LANES.handshakes, () => HandshakeLane.start(), options, async (lane, random) => {
    const bytes = mutatedBytes(random, hellos, MOST_CHANGES);
    const side: Side = { bytes, cuts: cuts(random, bytes.length).slice(0, 50), ending: oneOf(random, ['waits', 'waits', 'ends', 'resets']) };
    const problem = await lane.check(side);
    return problem === undefined ? undefined : { problem: `${problem}; the client sends ${JSON.stringify(shown(side))}`, kept: [{ kind: 'hello', bytes: bytes.toString('latin1') }] };
  });
}

/** Cases over sockets, in several proxies at the same time. */
async function inLanes<L extends { close(): Promise<void> }>(
  count: number, start: () => Promise<L>, options: FuzzOptions, check: (lane: L, random: Random) => Promise<Finding | undefined>,
): Promise<FuzzResult> {
  const random = seededRandom(options.seed);
  const end = Date.now() + options.milliseconds;
  const lanes = await Promise.all(Array.from({ length: count }, start));
  let cases = 0;
  let finding: Finding | undefined;
  const run = async (lane: L): Promise<void> => {
    while (cases < options.cases && Date.now() < end && !finding) {
      cases += 1;
      const found = await check(lane, random);
      finding ??= found;
    }
  };
  await Promise.all(lanes.map(run));
  await Promise.all(lanes.map((lane) => lane.close()));
  return { cases, finding };
}

function connectionCase(random: Random, { requests, responses }: Population): ConnectionCase {
  const side = (bytes: Buffer, endings: readonly Ending[]): ConnectionCase['client'] => ({ bytes, cuts: cuts(random, bytes.length), ending: oneOf(random, endings) });
  // Mostly one of the two sides behaves, or few cases would get beyond the first bytes.
  const [wildClient, wildBackend] = oneOf(random, [[MOST_CHANGES, 0], [0, MOST_CHANGES], [2, 2]] as const);
  return {
    client: side(mutated(random, requests, wildClient), ['waits', 'waits', 'ends', 'resets']),
    backend: side(mutated(random, responses, wildBackend), ['waits', 'waits', 'ends', 'resets']),
  };
}

function shown({ bytes, ...rest }: ConnectionCase['client']): object {
  return { bytes: bytes.toString('latin1'), ...rest };
}

/** Takes pieces out, ever smaller ones, for as long as what is left still fails. */
async function smaller(bytes: Buffer, fails: (bytes: Buffer) => Promise<boolean>): Promise<Buffer> {
  let small = bytes;
  for (let size = Math.ceil(small.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < small.length;) {
      const without = Buffer.concat([small.subarray(0, at), small.subarray(at + size)]);
      if (await fails(without)) small = without;
      else at += size;
    }
  }
  return small;
}
