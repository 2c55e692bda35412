/**
 * With which document a process starts. It follows the rules of a reload as far as what the process before has left allows: what its
 * pod's app may call is kept, and a document that can't be had leaves the one before in force. A pod that is new has nothing to
 * go back to; there a document that is refused stops the start, and with it a rollout.
 */
import type { ResolvedProxyConfig } from '../../contract';
import type { Kept } from '../config/kept';
import type { Refused } from './proxy';

/** Starts with a document and what outlives the one before; or says why that can't be. */
export type Start<E> = (text: string, before?: ResolvedProxyConfig) => Promise<{ readonly engine: E } | Refused>;

export interface Started<E> {
  readonly engine: E;
  /** The document in force. */
  readonly text: string;
  /** Why the document that is mounted isn't. */
  readonly refused?: Refused;
  /** Why what the process before could call was not kept. */
  readonly lost?: Refused;
}

/** Starts with the first of these that can be had: the document and what is kept, the document alone, what is kept alone. */
export async function startWithFirst<E>(text: string, kept: Kept | undefined, start: Start<E>): Promise<Started<E> | Refused> {
  const whole = await start(text, kept?.config);
  if ('engine' in whole) return { engine: whole.engine, text };
  if (!kept) return whole;
  const alone = await start(text);
  if ('engine' in alone) return { engine: alone.engine, text, lost: whole };
  const before = kept.text === text ? alone : await start(kept.text, kept.config);
  return 'engine' in before ? { engine: before.engine, text: kept.text, refused: alone } : alone;
}
