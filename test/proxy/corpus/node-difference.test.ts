/**
 * The corpus of requests, read by `node:http` in its strict mode: wherever it comes to another result than the proxy does,
 * that difference must belong to one of the classes that docs/http1.md explains, and every class must still be there.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RequestCase } from '../../corpus/case';
import { REQUESTS } from '../../corpus';
import { readByNode } from '../../support/node-parser';

/** What the two make of a message. */
type Direction =
  /** The proxy refuses what Node reads. */
  | 'stricter'
  /** The proxy passes on what Node refuses. */
  | 'wider'
  /** Both read it, but not as the same. */
  | 'different';

interface Difference {
  /** As docs/http1.md has it. */
  readonly name: string;
  readonly direction: Direction;
  readonly holds: (family: string, each: RequestCase) => boolean;
}

const of = (family: string, name = /^/) => (actual: string, each: RequestCase): boolean => actual === family && name.test(each.name);
const CODINGS = 'Content-Length and Transfer-Encoding';

const DIFFERENCES: readonly Difference[] = [
  { name: 'Host is checked', direction: 'stricter', holds: (family, each) => family === 'Host' && each.refused !== undefined },
  { name: 'a query may hold bytes above 0x7f', direction: 'wider', holds: of('targets', /percent-encoded|not ASCII/) },
  { name: 'the target is checked', direction: 'stricter', holds: (family, each) => family === 'targets' || each.name === '0x23 in the target' },
  { name: 'a URL as target is taken apart', direction: 'different', holds: (_, each) => !each.name.startsWith('"/') && /http:\/\/b|HTTP:\/\/B|https:\/\/b|http:\/\/\[|http:\/\/10\.|(with|without) (a URL|a path)|a URL/.test(each.name) },
  { name: 'a path is given its normal form', direction: 'different', holds: of('targets', /^"\/.*", passed on as \//) },
  { name: 'CONNECT is refused', direction: 'stricter', holds: (_, each) => each.send.startsWith('CONNECT ') },
  { name: 'a higher minor version is HTTP/1.1', direction: 'wider', holds: of('versions') },
  { name: 'a version is one of HTTP/1, and there is one', direction: 'stricter', holds: (family, each) => family === 'versions' || each.send.includes('GET /2\r\n\r\n') },
  { name: 'one space separates, and CR alone makes no empty line', direction: 'stricter', holds: (family, each) => family === 'white space' || (family === 'empty lines' && !each.name.includes('beyond')) },
  { name: 'any token is a method', direction: 'wider', holds: (_, each) => /^(FOO|gets|ge|purge|_|!#|X{60}) ?/.test(each.send) || /longer than said$/.test(each.name) },
  { name: 'chunked stands alone', direction: 'stricter', holds: of(CODINGS, /^"Transfer-Encoding: (,|" alone|identity|gzip|deflate|br|chunked\\r\\nTransfer-Encoding:" alone)/) },
  { name: 'no coding in HTTP/1.0', direction: 'stricter', holds: of(CODINGS, /in HTTP\/1\.0/) },
  { name: 'no framing field in disguise', direction: 'stricter', holds: (_, each) => /\n(content_length|transfer_encoding):/i.test(each.send) },
  { name: 'white space around a value is dropped before the value is read', direction: 'wider', holds: (_, each) => /: ?[ \t]*(chunked \t |5\t)\r\n|:\t 5\t\r\n/.test(each.send) },
  { name: 'a length is one that JavaScript can hold, in 16 digits', direction: 'stricter', holds: of('Content-Length', /^of "(90071992547409|0{16}5)/) },
  { name: 'TRACE has no body', direction: 'stricter', holds: of('Content-Length', /^with TRACE/) },
  { name: 'a chunk size has 13 digits at most', direction: 'stricter', holds: of('chunks', /size "(0{10}|f{14})/) },
  { name: 'chunk lines may hold white space, and extensions without a name', direction: 'wider', holds: of('chunks', /size "0*5?[ \\]|extension|padding/) },
  { name: 'chunk extensions follow their grammar', direction: 'stricter', holds: of('chunks', /extension ";/) },
  { name: 'limits', direction: 'stricter', holds: (family, each) => family === 'oversize' || /beyond the limit|than the limit/.test(each.name) },
  { name: 'trailers that belong in the head are left out', direction: 'wider', holds: of('trailers', /which belongs in the head/) },
  { name: 'a Connection option is the token that it begins with', direction: 'different', holds: of('Connection', /^"close[; ]/) },
  { name: 'a tab may stand behind a Connection option', direction: 'different', holds: of('Connection', /^"close\\t,x"/) },
  { name: 'Upgrade is a list of protocols', direction: 'stricter', holds: (family, each) => family === 'Upgrade' && each.refused !== undefined },
  { name: 'requests behind an Upgrade that is refused are read', direction: 'wider', holds: of('Upgrade', /is offered|is not passed on/) },
  { name: 'nothing but 100-continue is expected', direction: 'stricter', holds: of('Expect') },
  { name: 'Max-Forwards is obeyed', direction: 'stricter', holds: of('Max-Forwards') },
];

interface Found {
  readonly case: string;
  readonly direction: Direction;
  readonly names: readonly string[];
}

async function compare(family: string, each: RequestCase): Promise<Found | undefined> {
  const node = await readByNode(Buffer.from(each.send, 'latin1'), each.ends === true);
  const ours = each.reaches.map((seen) => (typeof seen === 'string' ? `${seen} ` : `${seen.line} ${seen.body ?? ''}`));
  const theirs = node.requests.map(({ line, body }) => `${line} ${body}`);
  const refusedHere = each.refused !== undefined || each.answered !== undefined;
  // Bytes behind the last request of a connection are dropped here; there, they are an error.
  const refusedThere = node.refused !== undefined && !(each.closes && node.refused === 'HPE_CLOSED_CONNECTION');
  const sameRequests = JSON.stringify(ours) === JSON.stringify(theirs);
  const closedEarly = each.closes === true && node.refused === 'HPE_CLOSED_CONNECTION';
  if ((sameRequests || closedEarly) && refusedHere === refusedThere) return undefined;
  const direction = refusedHere && (!refusedThere || theirs.length > ours.length) ? 'stricter' : !refusedHere && (refusedThere || theirs.length < ours.length) ? 'wider' : 'different';
  const names = DIFFERENCES.filter((one) => one.direction === direction && one.holds(family, each)).map(({ name }) => name);
  return { case: `${family}: ${each.name}`, direction, names };
}

let found: readonly Found[];
beforeAll(async () => {
  const all: (Found | undefined)[] = [];
  for (const { family, cases } of REQUESTS) for (const each of cases) all.push(await compare(family, each));
  found = all.filter((one) => one !== undefined);
});

it('differs from the proxy in no way that is not explained', () => {
  expect(found.filter(({ names }) => names.length !== 1)).toEqual([]);
});

it.each(DIFFERENCES.map(({ name }) => name))('differs from the proxy still, and the documentation says so: %s', (name) => {
  expect(found.filter(({ names }) => names.includes(name)).length).toBeGreaterThan(0);
  expect(readFileSync(join(__dirname, '../../../docs/http1.md'), 'utf8')).toContain(`**${name}**`);
});

it('agrees with the proxy on most of the corpus', () => {
  const cases = REQUESTS.reduce((sum, family) => sum + family.cases.length, 0);
  expect(found.length).toBeLessThan(cases * 0.3);
});
