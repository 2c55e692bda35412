/**
 * A client at the edge, as one connection knows it: who it is by the request under way, and what its listener says of that. Made with
 * the first request that comes to a listener with an edge.
 */
import { hashText } from '../../../balancing';
import type { RequestHead } from '../../http1/request-head';
import { FieldTable, Kind } from '../../http1/fields';
import { hostOf } from '../../tls/host-names';
import { ADDRESS_DENIED, ADDRESS_UNKNOWN, MISDIRECTED, Refusal } from '../exchange/refusal';
import type { BrowserRules } from './browser-rules';
import { ClientRules, clientOf } from './client-rules';
import type { Edge } from './edge';
import type { Arrival, Forwarded } from './forwarded-fields';

const EMPTY = Buffer.alloc(0);

export class EdgeClient {
  /** Field lines for the request under way. */
  lines: Buffer = EMPTY;
  /** Where it comes from. */
  address: string;
  /** A proxy in front has sent something else than an address, so it is not known. */
  private unknown = false;
  /** The client speaks TLS, to this proxy or to a trusted one in front. */
  secure: boolean;
  private browsers: BrowserRules | undefined;
  /** The request's Host as it came, and what was found out of it: for the next request, which mostly has the same. */
  private hostBytes = EMPTY;
  private host = '';
  private forwarded: Forwarded | undefined;
  private checkedBy: Edge | undefined;
  /** The address that was let in last, by whom, and what it counts as. */
  private judged = '';
  private judgedBy: ClientRules | undefined;
  private client = '';
  private hashed = '';
  private addressHash = 0;

  /** @param servername what it asked for in its TLS handshake; undefined: nothing */
  constructor(private readonly arrival: Arrival, private readonly servername: string | undefined) {
    this.address = arrival.address;
    this.secure = arrival.secure;
  }

  /** Field lines for a response of an endpoint, of whose fields those are left out that the listener says itself. */
  linesFor(buffer: Buffer, fields: FieldTable): Buffer {
    return this.secure && this.browsers ? this.browsers.hstsFor(buffer, fields) : EMPTY;
  }

  /** Field lines for a response of the proxy's own. */
  get ownLines(): string { return this.secure && this.browsers ? this.browsers.hsts : ''; }

  /** Whether the client is let in, and may send a request now. */
  private judge(clients: ClientRules, now: number): Refusal | undefined {
    if (this.unknown && clients.goesByAddress) return ADDRESS_UNKNOWN;
    if (this.judged !== this.address || this.judgedBy !== clients) {
      if (!clients.lets(this.address)) return ADDRESS_DENIED;
      this.judged = this.address;
      this.judgedBy = clients;
      this.client = clientOf(this.address);
    }
    const retryAfterSeconds = clients.take(this.client, now);
    return retryAfterSeconds === 0 ? undefined : { code: 'client_rate_limited', detail: 'the client has sent too many', retryAfterSeconds };
  }

  get hash(): number {
    if (this.hashed !== this.address) {
      this.hashed = this.address;
      this.addressHash = hashText(this.address);
    }
    return this.addressHash;
  }

  /** Takes in the request that begins. Returns why it is answered here; undefined when it isn't. */
  begin(edge: Edge, source: Buffer, head: RequestHead, now: number, defaultHost: string): Refusal | undefined {
    const isSame = this.readHost(edge, source, head);
    this.forward(edge, source, head, isSame);
    this.browsers = edge.browsers;
    const refusal = edge.clients && this.judge(edge.clients, now);
    if (refusal) return refusal;
    if (edge.certificates && !isSame && this.host !== '' && !edge.certificates.belongs(hostOf(this.host), this.servername)) {
      return MISDIRECTED;
    }
    this.checkedBy = edge;
    return edge.browsers?.answer(source, head, this.secure, defaultHost);
  }

  /** True: it has the Host of the request before, which was found to be fine. */
  private readHost(edge: Edge, source: Buffer, head: RequestHead): boolean {
    const { authorityStart, authorityEnd, fields } = head;
    let [start, end] = [authorityStart, authorityEnd];
    for (let i = 0; start === end && i < fields.count; i += 1) {
      if (fields.kinds[i] !== Kind.HOST) continue;
      start = fields.valueStart(i);
      end = fields.valueEnd(i);
      break;
    }
    const { length } = this.hostBytes;
    const isSame = edge === this.checkedBy && end - start === length && source.compare(this.hostBytes, 0, length, start, end) === 0;
    if (!isSame) {
      this.checkedBy = undefined;
      this.hostBytes = Buffer.from(source.subarray(start, end));
      this.host = this.hostBytes.toString('latin1');
    }
    return isSame;
  }

  private forward({ forwarded }: Edge, source: Buffer, head: RequestHead, isSame: boolean): void {
    if (!forwarded) {
      this.address = this.arrival.address;
      this.unknown = false;
      this.secure = this.arrival.secure;
      this.lines = EMPTY;
      return;
    }
    const said = forwarded.apply(source, head, this.arrival, this.host, isSame && forwarded.isConstant ? this.forwarded : undefined);
    this.forwarded = said;
    this.address = said.client;
    this.unknown = said.unknown;
    this.secure = said.secure;
    this.lines = said.lines;
  }
}
