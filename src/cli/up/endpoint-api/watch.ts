/**
 * One watch of the embedded API: the changes after a resource version as JSON lines, bookmarks now and then, until the
 * client's time is over. A change that moves a slice into or out of the selector is told as ADDED or DELETED.
 *
 * A client that doesn't read is cut off once its backlog is longer than {@link MAX_BACKLOG_BYTES}, as real API servers
 * end slow watches; it lists again and misses nothing.
 *
 * Source: Kubernetes documentation, "Kubernetes API Concepts": Efficient detection of changes, Watch bookmarks,
 * 410 Gone responses. An expired version is told inside the stream, after status 200, as the watch cache does.
 */
import { ServerResponse } from 'node:http';
import { EndpointSlice, GROUP_VERSION } from './endpoint-slice';
import { Change, SliceHistory } from './history';
import { SliceQuery } from './query';
import { expired } from './status';

export const MAX_BACKLOG_BYTES = 4 * 1024 * 1024;

/** How long a watch lasts whose client names no time. */
const DEFAULT_TIMEOUT_SECONDS = 1_800;

export class Watch {
  private readonly timers: NodeJS.Timeout[] = [];
  private unsubscribe: () => void = () => undefined;
  private ended = false;

  constructor(
    private readonly history: SliceHistory,
    private readonly query: SliceQuery,
    private readonly response: ServerResponse,
    bookmarkIntervalMs: number,
    onEnd: (watch: Watch) => void,
  ) {
    response.on('close', () => {
      this.release();
      onEnd(this);
    });
    response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-cache, private' });
    response.flushHeaders();

    const from = query.resourceVersion ?? 0;
    if (from > 0 && from < history.oldestVersion) {
      this.send('ERROR', expired(from, history.oldestVersion));
      this.end();
      return;
    }
    if (from === 0) {
      for (const slice of history.at(history.version)) if (query.matches(slice)) this.send('ADDED', slice);
    } else {
      for (const change of history.since(from)) this.tell(change);
    }
    this.unsubscribe = history.subscribe((change) => { if (change.version > from) this.tell(change); });
    if (query.bookmarks) this.timers.push(setInterval(() => this.bookmark(), bookmarkIntervalMs));
    this.timers.push(setTimeout(() => {
      if (query.bookmarks) this.bookmark();
      this.end();
    }, (query.timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS) * 1_000));
  }

  /** Ends the stream in order. */
  end(): void {
    this.release();
    this.response.end();
  }

  /** Cuts the connection, after half a line if so wanted. */
  drop(midLine: boolean): void {
    this.release();
    const cut = () => this.response.destroy();
    if (midLine) this.response.write('{"type":"MODIFIED","object":{"kind":"EndpointSl', cut);
    else cut();
  }

  private tell({ before, after, version }: Change): void {
    const was = before !== undefined && this.query.matches(before);
    const is = after !== undefined && this.query.matches(after);
    if (is) this.send(was ? 'MODIFIED' : 'ADDED', after);
    else if (was) this.send('DELETED', { ...before, metadata: { ...before.metadata, resourceVersion: String(version) } });
  }

  private bookmark(): void {
    this.send('BOOKMARK', {
      kind: 'EndpointSlice',
      apiVersion: GROUP_VERSION,
      metadata: { resourceVersion: String(this.history.version), creationTimestamp: null },
      addressType: '',
      endpoints: null,
      ports: null,
    });
  }

  private send(type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR', object: EndpointSlice | object): void {
    if (this.ended) return;
    this.response.write(`${JSON.stringify({ type, object })}\n`);
    if (this.response.writableLength > MAX_BACKLOG_BYTES) this.drop(false);
  }

  private release(): void {
    this.ended = true;
    this.unsubscribe();
    for (const timer of this.timers) clearTimeout(timer);
  }
}
