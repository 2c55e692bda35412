/**
 * Strong session persistence of a route: a cookie that the proxy makes names the endpoint that answered, and later requests with it go
 * there. It goes before weights and policies (GEP-1619: also at weight 0), and to an endpoint that is draining, where no new session
 * goes (gRFC A55). A session moves only when its endpoint is gone or can't be connected to; its next response then takes a new cookie
 * along. Nothing is stored but in the cookie, so all proxies with the same keys agree and a restart forgets nothing.
 *
 * A cookie is what a client says, and is believed only when a key of the file sealed it and it names a cluster of this route; else it is
 * counted and the request is one without.
 */
import type { ResolvedSession } from '../../contract';
import type { Clock } from '../runtime/clock';
import type { Cluster } from '../cluster/cluster';
import type { Endpoint } from '../cluster/endpoint';
import { HTAB, QUOTE, SP, word } from '../http1/bytes';
import { NEXT, setCookieParts, visitCookies } from '../http1/cookies';
import type { RequestHead } from '../http1/request-head';
import type { SessionInstruments } from '../telemetry/session-instruments';
import type { KeyRing } from './key-files';
import { SessionClaim, SessionSeal } from './seal';

/** Longest value of a cookie that is looked into. */
export const MAX_VALUE_BYTES = 2_048;

/** Most cookies of the name that are looked into: clients send several when they got them for different paths. */
export const MAX_COOKIES = 4;

/** Why a cookie is not believed. */
export type RefusedCookie = 'malformed' | 'too_long' | 'forged' | 'expired' | 'foreign';

const FOUND = 0;
const NO_FIELDS = Buffer.alloc(0);

/** What sessions of a route have in common. */
export class SessionPersistence {
  private readonly name: Uint8Array;
  private readonly before: string;
  private readonly after: string;
  private keys: readonly Buffer[];
  private seal: SessionSeal;
  /** Of the search under way. */
  private looks = 0;
  private claim: SessionClaim | undefined;

  /** @param clusters those of the route, at any weight, by their names */
  constructor(
    private readonly config: ResolvedSession,
    private readonly ring: KeyRing,
    private readonly clusters: ReadonlyMap<string, Cluster>,
    private readonly clock: Pick<Clock, 'wallTime'>,
    readonly instruments: SessionInstruments,
  ) {
    const { cookie, path, sameSite, secure, ttlMs } = config;
    this.name = word(cookie);
    const maxAgeSeconds = ttlMs === undefined ? undefined : Math.floor(ttlMs / 1_000);
    [this.before, this.after] = setCookieParts(cookie, { path, sameSite, secure, maxAgeSeconds });
    this.keys = ring.keys;
    this.seal = new SessionSeal(ring.keys, cookie);
  }

  /** The session of a request. */
  read(buffer: Buffer, head: RequestHead): Session {
    this.followKeys();
    this.looks = 0;
    this.claim = undefined;
    visitCookies(this.name, buffer, head.fields, this.visit);
    const claim = this.claim as SessionClaim | undefined;
    return new Session(this, claim && this.clusters.get(claim.cluster), claim?.endpoint);
  }

  /** The field that makes a session at this endpoint. */
  setCookie(cluster: Cluster, endpoint: Endpoint): Buffer {
    this.followKeys();
    const { ttlMs } = this.config;
    const expiresAt = ttlMs === undefined ? 0 : Math.floor(this.clock.wallTime() + ttlMs);
    const value = this.seal.seal({ cluster: cluster.name, endpoint: endpoint.key, expiresAt });
    return Buffer.from(this.before + value + this.after, 'latin1');
  }

  /** Whether sessions can stay there: not at a fallback, for they are to find home again. */
  knows(cluster: Cluster): boolean {
    return this.clusters.get(cluster.name) === cluster;
  }

  private followKeys(): void {
    if (this.keys === this.ring.keys) return;
    this.keys = this.ring.keys;
    this.seal = new SessionSeal(this.keys, this.config.cookie);
  }

  private readonly visit = (buffer: Buffer, start: number, end: number): number => {
    if (this.looks === MAX_COOKIES) return FOUND;
    this.looks += 1;
    const claim = this.open(buffer, start, end);
    if (typeof claim === 'string') {
      this.instruments.refused(claim).value += 1;
      return NEXT;
    }
    this.claim = claim;
    return FOUND;
  };

  private open(buffer: Buffer, start: number, paddedEnd: number): SessionClaim | RefusedCookie {
    let end = paddedEnd;
    while (end > start && (buffer[end - 1] === SP || buffer[end - 1] === HTAB)) end -= 1;
    if (end - start > MAX_VALUE_BYTES) return 'too_long';
    // With its name, for other routes with the same keys remember theirs beside it.
    const pair = buffer.toString('latin1', start - this.name.length - 1, end);
    let claim: SessionClaim | 'malformed' | 'forged' | undefined = this.ring.recent.get(pair);
    if (claim === undefined) {
      const quote = end - start >= 2 && buffer[start] === QUOTE && buffer[end - 1] === QUOTE ? 1 : 0;
      claim = this.seal.open(buffer.toString('latin1', start + quote, end - quote));
      if (typeof claim === 'string') return claim;
      this.ring.recent.set(pair, claim);
    }
    if (claim.expiresAt !== 0 && claim.expiresAt <= this.clock.wallTime()) return 'expired';
    return this.clusters.has(claim.cluster) ? claim : 'foreign';
  }
}

/** The session of one request. */
export class Session {
  private unreachable = false;

  /**
   * @param home the cluster that a cookie names; undefined without one that is believed
   * @param key of the endpoint there
   */
  constructor(
    private readonly persistence: SessionPersistence, private readonly home: Cluster | undefined, private readonly key: string | undefined,
  ) {}

  /** Where the request has to go; undefined when that is open. */
  get endpoint(): Endpoint | undefined {
    return this.unreachable ? undefined : this.home?.endpoint(this.key!);
  }

  /** The cluster in which that is, or in which another is to be chosen: a session stays with its version. Undefined when that is open. */
  get cluster(): Cluster | undefined {
    return this.endpoint || this.home?.available ? this.home : undefined;
  }

  /** The cluster where its endpoint may be found at any moment: as long as nobody knows, the session does not move. */
  get expected(): Cluster | undefined {
    return this.home?.firstEndpoints.expected ? this.home : undefined;
  }

  /** The endpoint can't be connected to, so the session may move. */
  onUnreachable(): void {
    this.unreachable = true;
  }

  /** Fields for the response of an endpoint: the cookie, when the session begins there or moves there. */
  fieldsFor(cluster: Cluster, endpoint: Endpoint): Buffer {
    const { persistence, home } = this;
    const own = this.endpoint;
    // One that drains and could not answer by itself will not come back.
    const fate = own === endpoint ? 'kept' : own?.state === 'ready' ? 'strayed' : endpoint.state !== 'ready' || !persistence.knows(cluster) ? 'none' : home ? 'moved' : 'new';
    persistence.instruments.responses(fate).value += 1;
    return fate === 'new' || fate === 'moved' ? persistence.setCookie(cluster, endpoint) : NO_FIELDS;
  }
}
