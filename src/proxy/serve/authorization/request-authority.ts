/** Who is asked whether a request may pass, as its exchange sees it. */
import type { RequestHead } from '../../http1/request-head';
import type { ViaFields } from '../../http1/serialize';
import type { Refusal } from '../exchange/refusal';

/** A request, and what else is known of it. Valid during a call only. */
export interface AskedRequest {
  readonly source: Buffer;
  /** Its path is in normal form. */
  readonly head: RequestHead;
  /** Fields about where it comes from, each with its CRLF; of a listener that writes them. */
  readonly forwarded: string;
  /** Fields that tell of the claims of its token, each with its CRLF. */
  readonly claims: string;
  /** The id that the caller has proved; undefined when it has none. */
  readonly caller: string | undefined;
  /** For a request without a host. */
  readonly defaultHost: string;
}

/** What becomes of a request: it passes, with these field lines, or it is refused. */
export type Verdict = { readonly lines: Buffer; readonly refusal?: undefined } | { readonly refusal: Refusal };

/** A question that is under way. */
export interface Pending {
  /** Bytes that are kept for it. */
  readonly heldBytes: number;
  /** The request is over: nobody waits for the answer. */
  cancel(): void;
}

export interface RequestAuthority {
  /** Takes out of a request, or of its trailers, what only the authority may say, before anything goes by it. */
  clean(source: Buffer, section: Pick<RequestHead, 'fields'>): void;
  /** Whether it is not asked about requests of such a path, which is in normal form. */
  exempts(head: RequestHead): boolean;
  /**
   * @param via       what the listener adds to requests
   * @param onVerdict is called once, and not within this call, unless the question is cancelled before
   * @returns the verdict, when it is known at once
   */
  ask(asked: AskedRequest, via: ViaFields, onVerdict: (verdict: Verdict) => void): Pending | Verdict;
}

export function isVerdict(known: Pending | Verdict): known is Verdict {
  return 'lines' in known || 'refusal' in known;
}
