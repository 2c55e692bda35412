/** The server name that a client of TLS asks for, as routing looks at it: a host, and nothing else. One instance serves the whole process. */
import type { ByteRange, RequestView } from '../../../routing';

const METHOD = rangeOf(Buffer.from('-'));
const PATH = rangeOf(Buffer.from('/'));
const NO_NAME = Buffer.alloc(0);

export class ServerNameView implements RequestView {
  readonly method = METHOD;
  readonly path = PATH;
  host: ByteRange = rangeOf(NO_NAME);

  /** @param serverName in lower case; undefined when the client asks for none */
  of(serverName: string | undefined): this {
    this.host = rangeOf(serverName === undefined ? NO_NAME : Buffer.from(serverName, 'latin1'));
    return this;
  }

  anyHeader(): boolean { return false; }
  anyHeaderAlike(): boolean { return false; }
  firstQuery(): boolean { return false; }
  anyQuery(): boolean { return false; }
  anyCookie(): boolean { return false; }
  anyClaim(): boolean { return false; }
}

export const SERVER_NAME_VIEW = new ServerNameView();

function rangeOf(bytes: Buffer): ByteRange {
  return { bytes, start: 0, end: bytes.length };
}
