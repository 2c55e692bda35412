/**
 * Endpoints of one Kubernetes Service: lists its EndpointSlices, then watches them, and goes on for ever.
 *
 * The protocol is the one of client-go's reflector, in these points on purpose:
 * - The first list accepts any version the server has in memory (resourceVersion=0), so that a thousand proxies that
 *   start together don't each make the server ask etcd; the watch then brings what was missing.
 * - A watch that ends in order is taken up from the last version seen, which bookmarks keep young. After any failure the
 *   slices are listed again, not older than that version: a server restored to an earlier state is noticed by its
 *   refusal, and time never runs backwards when a lagging server of several answers.
 * - "Gone" (410 as a status or inside the stream) and "too large" are answered with a list of the newest state.
 * - An answer is waited for a short time at first, and longer after each failure (answer-timeout.ts).
 * - Watches end after 5 to 10 minutes, by chance, so that proxies spread over the API servers again after one restarted.
 * - A watch that ends at once without an event is a failure: some proxy in between doesn't let it through.
 *
 * The endpoints known last stay through every failure. Only a complete list or an event takes one away.
 *
 * Source: Kubernetes documentation, "Kubernetes API Concepts"; k8s.io/client-go/tools/cache/reflector.go.
 */
import { EndpointSliceDiscovery } from '../../contract';
import { Cancel, Clock } from '../runtime/clock';
import { Family } from './families';
import type { OnEvent } from './health';
import { ApiAccess, ApiFailure, statusFailure } from './kubernetes-api';
import { LineSplitter } from './line-splitter';
import { LiveSource } from './live-source';
import { answerTimeoutMs } from './answer-timeout';
import { fieldsOf, listOf, mergeSlices, readSlice, ReadSlice } from './slices';

/** Slices asked for at a time. */
export const PAGE_LIMIT = 50;
/** Most bytes of one page; a slice of 1,000 endpoints has about 400 KiB. */
export const MAX_PAGE_BYTES = 32 * 1024 * 1024;
/** Most bytes of one event; etcd holds no object above 1.5 MiB, and JSON is longer than what etcd holds. */
export const MAX_LINE_BYTES = 4 * 1024 * 1024;
/** Most slices of one Service. */
export const MAX_SLICES = 10_000;
/** Longest wait for the whole of one page. */
export const PAGE_TIMEOUT_MS = 60_000;
/** A watch ends after this time at the earliest, and after twice as long at the latest. */
export const MIN_WATCH_SECONDS = 300;
/** How much longer than its own timeout a watch may give no byte before it is given up. */
export const SILENCE_MARGIN_MS = 15_000;
/** A watch that lasts this long, or brings an event, works. */
export const SETTLED_MS = 1_000;

const BACKOFF = { baseMs: 250, capMs: 15_000 };
const SERVICE_NAME_LABEL = 'kubernetes.io/service-name';

/** The newest state, whatever it costs the server. */
const NEWEST = '';
/** Any state that the server has at hand. */
const ANY = '0';

export class EndpointSliceSource extends LiveSource {
  private readonly path: string;
  private slices = new Map<string, ReadSlice>();
  /** Last version seen of the whole collection. */
  private version = ANY;

  constructor(
    private readonly discovery: EndpointSliceDiscovery,
    private readonly api: ApiAccess,
    private readonly preferred: Family,
    clock: Clock,
    random: () => number,
    onEvent: OnEvent,
  ) {
    super(clock, random, onEvent, BACKOFF);
    this.path = `/apis/discovery.k8s.io/v1/namespaces/${encodeURIComponent(discovery.namespace)}/endpointslices`
      + `?labelSelector=${encodeURIComponent(`${SERVICE_NAME_LABEL}=${discovery.service}`)}`;
  }

  protected ask(): void {
    const version = this.version === NEWEST ? '' : `&resourceVersion=${encodeURIComponent(this.version)}&resourceVersionMatch=NotOlderThan`;
    this.page(new Map(), version);
  }

  /** Reads one page of a list and goes on with the next, or with the watch. `position` says where the page begins. */
  private page(found: Map<string, ReadSlice>, position: string): void {
    const body: Buffer[] = [];
    let length = 0;
    const timeoutMs = answerTimeoutMs(this.tracker.failures, this.random);
    let cancelSilence: Cancel = () => undefined;
    const listen = () => {
      cancelSilence();
      cancelSilence = this.clock.after(timeoutMs, () => this.fail('a page of the list does not go on'));
    };
    const cancelRequest = this.api.stream(`${this.path}&limit=${PAGE_LIMIT}${position}`, {
      onOpen: listen,
      onData: (chunk) => {
        listen();
        length += chunk.length;
        if (length > MAX_PAGE_BYTES) this.fail(`a page of the list is longer than ${MAX_PAGE_BYTES} bytes`);
        else body.push(chunk);
      },
      onEnd: (failure) => {
        if (failure) {
          this.failBy(failure);
          return;
        }
        const list = parse(Buffer.concat(body).toString('utf8'));
        const metadata = fieldsOf(list?.['metadata']);
        const version = metadata['resourceVersion'];
        if (!list || list['kind'] !== 'EndpointSliceList' || typeof version !== 'string') {
          this.fail('the answer to a list is not an EndpointSliceList; is kubernetes.server the API server?');
          return;
        }
        for (const slice of listOf(list['items'])) this.put(found, slice);
        if (found.size > MAX_SLICES) {
          this.fail(`the Service has more than ${MAX_SLICES} slices`);
          return;
        }
        const next = metadata['continue'];
        cancelTimer();
        cancelSilence();
        if (typeof next === 'string' && next !== '') {
          this.page(found, `&continue=${encodeURIComponent(next)}`);
          return;
        }
        this.slices = found;
        this.version = version;
        this.publish();
        this.watch();
      },
    }, timeoutMs);
    const cancelTimer = this.clock.after(PAGE_TIMEOUT_MS, () => this.fail(`a page of the list took longer than ${PAGE_TIMEOUT_MS / 1_000} s`));
    this.cancel = () => {
      cancelTimer();
      cancelSilence();
      cancelRequest();
    };
  }

  private watch(): void {
    const seconds = Math.floor(MIN_WATCH_SECONDS * (1 + this.random()));
    const silence = seconds * 1_000 + SILENCE_MARGIN_MS;
    const startedAt = this.clock.now();
    let lastByteAt = startedAt;
    let working = false;
    let changed = false;
    let failure: (() => void) | undefined;
    let cancelSettled: Cancel = () => undefined;
    let cancelSilence: Cancel = () => undefined;

    const settle = () => {
      if (working) return;
      working = true;
      cancelSettled();
      this.backoff.reset();
      this.tracker.recover();
    };
    const listen = (ms: number) => {
      cancelSilence = this.clock.after(ms, () => {
        const left = lastByteAt + silence - this.clock.now();
        if (left > 0) listen(left);
        else this.fail(`a watch gave no byte for ${Math.round(silence / 1_000)} s`);
      });
    };
    const lines = new LineSplitter(MAX_LINE_BYTES, (line) => {
      if (failure) return;
      const event = parse(line);
      const object = fieldsOf(event?.['object']);
      if (event?.['type'] === 'ERROR') {
        const problem = statusFailure(object);
        failure = () => this.failBy(problem);
        return;
      }
      const problem = event ? this.apply(event['type'], object) : 'a watch sent a line that is not JSON';
      if (problem !== undefined) {
        failure = () => this.fail(problem);
        return;
      }
      settle();
      changed ||= event?.['type'] !== 'BOOKMARK';
    });
    const cancelRequest = this.api.stream(`${this.path}&watch=true&allowWatchBookmarks=true&timeoutSeconds=${seconds}`
      + `&resourceVersion=${encodeURIComponent(this.version)}`, {
      onOpen: () => { cancelSettled = this.clock.after(SETTLED_MS, settle); },
      onData: (chunk) => {
        lastByteAt = this.clock.now();
        if (!lines.push(chunk)) failure ??= () => this.fail(`an event of a watch is longer than ${MAX_LINE_BYTES} bytes`);
        // All the events of a chunk make one snapshot: a rollout writes many at a time.
        if (changed) this.publish();
        else if (!failure && working) this.tracker.confirm();
        changed = false;
        failure?.();
      },
      onEnd: (problem) => {
        if (problem) this.failBy(problem);
        else if (lines.pendingBytes > 0) this.fail('a watch ended in the middle of an event');
        else if (!working) this.fail('a watch ended at once, without an event');
        else {
          this.cancel();
          this.watch();
        }
      },
    }, answerTimeoutMs(this.tracker.failures, this.random));
    this.cancel = () => {
      cancelSettled();
      cancelSilence();
      cancelRequest();
    };
    listen(silence);
  }

  /** Takes in one event. A string says what is wrong with it. */
  private apply(type: unknown, object: Readonly<Record<string, unknown>>): string | undefined {
    const metadata = fieldsOf(object['metadata']);
    const version = metadata['resourceVersion'];
    if (typeof version !== 'string' || version === '') return `a watch sent an event of type '${String(type)}' without a resourceVersion`;
    if (type === 'ADDED' || type === 'MODIFIED') {
      this.put(this.slices, object);
      if (this.slices.size > MAX_SLICES) return `the Service has more than ${MAX_SLICES} slices`;
    } else if (type === 'DELETED') {
      this.slices.delete(String(metadata['name']));
    } else if (type !== 'BOOKMARK') {
      return `a watch sent an event of the unknown type '${String(type)}'`;
    }
    this.version = version;
    return undefined;
  }

  private put(slices: Map<string, ReadSlice>, object: Readonly<Record<string, unknown>>): void {
    const name = String(fieldsOf(object['metadata'])['name']);
    const slice = readSlice(object, this.discovery);
    if (slice.ignored !== undefined && slice.ignored !== this.slices.get(name)?.ignored) {
      this.onEvent('discovery_ignored', { slice: `${this.discovery.namespace}/${name}`, reason: slice.ignored });
    }
    slices.set(name, slice);
  }

  private publish(): void {
    this.tracker.confirm();
    this.output.publish(mergeSlices(this.slices.values(), this.preferred));
  }

  private failBy(failure: ApiFailure): void {
    if (!failure.gone) {
      this.fail(failure.message);
      return;
    }
    // Nothing is wrong: the server forgot what it was asked for, as the protocol lets it.
    this.version = NEWEST;
    this.onEvent('discovery_relist', { reason: failure.message });
    this.listLater();
  }

  private fail(error: string): void {
    if (this.closed) return;
    this.tracker.fail(error);
    this.listLater();
  }

  private listLater(): void {
    this.cancel();
    if (!this.closed) this.cancel = this.clock.after(this.backoff.next(), () => this.ask());
  }
}

function parse(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value as Readonly<Record<string, unknown>> : undefined;
  } catch {
    return undefined;
  }
}
