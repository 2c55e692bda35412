/**
 * What routing reads of a request. The proxy shows the buffer that the request came in, tools show texts; neither makes a copy for it.
 * Header fields, the query and cookies are looked at only when some route asks for them.
 */
import type { ByteRange, ValueTest } from '../bytes/bytes';

/** What a verified token says of who sends a request: values in UTF-8, by what `claimKey` makes of a claim. One that is a list has several. */
export type Claims = ReadonlyMap<string, readonly Uint8Array[]>;

export interface RequestView {
  readonly method: ByteRange;
  /** Without query, in normal form (path-normalizer.ts), or `*`. */
  readonly path: ByteRange;
  /** As the Host field or the URL has it, with port and in any case; empty when there is none. */
  readonly host: ByteRange;
  /** Whether one of the header fields of a name passes. @param name in lower case */
  anyHeader(name: Uint8Array, test: ValueTest): boolean;
  /** The same for fields that an app may take for those: `_` in a name counts as `-`, as it does in CGI's environment. */
  anyHeaderAlike(name: Uint8Array, test: ValueTest): boolean;
  /** Whether the first query parameter of a name is there and passes. Its value is given decoded. */
  firstQuery(name: Uint8Array, test: ValueTest): boolean;
  /** Whether one of the query parameters of a name passes. */
  anyQuery(name: Uint8Array, test: ValueTest): boolean;
  /** Whether one of the cookies of a name passes. */
  anyCookie(name: Uint8Array, test: ValueTest): boolean;
  /** Whether one of the values of a claim passes. A request without a good token has no claims. @param key of `claimKey` */
  anyClaim(key: string, test: ValueTest): boolean;
}
