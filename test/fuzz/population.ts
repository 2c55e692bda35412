/** Where mutations begin: the corpus, and the messages kept in seeds/, among them all that ever showed a mistake. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { REQUESTS } from '../corpus';
import { RESPONSES } from '../corpus/responses';

/** A message that is kept; `bytes` are characters of the same number. */
export interface Seed {
  readonly kind: 'request' | 'response' | 'certificate' | 'hello';
  readonly bytes: string;
}

export interface Population {
  readonly requests: readonly Buffer[];
  readonly responses: readonly Buffer[];
  /** DER. */
  readonly certificates: readonly Buffer[];
  /** First messages of clients of TLS. */
  readonly hellos: readonly Buffer[];
}

export function loadPopulation(folder: string): Population {
  const kept = readdirSync(folder).filter((name) => name.endsWith('.json')).sort()
    .flatMap((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Seed[]);
  const buffers = (texts: readonly string[]): Buffer[] => [...new Set(texts)].filter((text) => text.length > 0 && text.length <= 4_096).map((text) => Buffer.from(text, 'latin1'));
  const ofKind = (kind: Seed['kind']): string[] => kept.filter((seed) => seed.kind === kind).map(({ bytes }) => bytes);
  return {
    requests: buffers([...ofKind('request'), ...REQUESTS.flatMap(({ cases }) => cases.map(({ send }) => send))]),
    certificates: buffers(ofKind('certificate')),
    hellos: buffers(ofKind('hello')),
    responses: buffers([...ofKind('response'), ...RESPONSES.flatMap(({ cases }) => cases.map(({ send }) => send))]),
  };
}
