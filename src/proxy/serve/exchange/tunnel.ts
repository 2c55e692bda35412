/**
 * Two sockets, or streams of HTTP/2, joined after a switch of protocols (RFC 9110 section 7.8, RFC 8441): from then on bytes are
 * passed on as they come, and nobody here knows what they mean. Each direction has its own end (half-close) and its own backpressure: what one
 * side does not take is not read from the other. A side that breaks breaks the other one, too, so that neither mistakes
 * an accident for an end.
 *
 * A tunnel through which nothing passes for a time is broken off; without that, peers that vanished would hold it for ever.
 *
 * Connections of TCP are tunnels from their beginning.
 */
import type { TunnelSide } from '../../net/tunnel-side';
import type { Counter } from '../../telemetry/metrics';
import { Timeout, TimeoutQueue } from '../../runtime/timeouts';

export interface TunnelOptions {
  /** How long nothing may pass. */
  readonly idleTimeout: TimeoutQueue;
  /** Nothing has passed for so long. Absent: it is broken off. */
  readonly onIdle?: () => void;
  /** Bytes from the client, and to it; counted as they pass, for a tunnel can last for days. */
  readonly received: Counter;
  readonly sent: Counter;
  /** Both sides are closed. Called once. */
  readonly onClosed: (tunnel: Tunnel) => void;
}

export class Tunnel {
  /** Bytes from the client, and to it. */
  received = 0;
  sent = 0;
  /** It was broken off because nothing passed. */
  timedOut = false;
  /** The side that has broken, by which the other one was; undefined while neither has, or where both have ended in order. */
  brokenBy: 'client' | 'backend' | undefined = undefined;

  private open = 2;
  /** Both sides were told that it ends: what still comes has nowhere to go. */
  private ending = false;
  private readonly timeout = new Timeout(() => this.onTimeout());

  constructor(private readonly client: TunnelSide, private readonly backend: TunnelSide, private readonly options: TunnelOptions) {
    this.join(client, backend);
    this.join(backend, client);
    this.timeout.start(options.idleTimeout);
  }

  /** Passes on what had been read before the tunnel was there, and begins to read. */
  start(fromClient: Buffer | undefined, fromBackend: Buffer | undefined): void {
    if (fromClient) this.onClientBytes(fromClient);
    if (fromBackend) this.onBackendBytes(fromBackend);
    // A side that has ended already can't say so again.
    if (this.client.ended) this.backend.end();
    if (this.backend.ended) this.client.end();
    if (!this.backend.holdsBack) this.client.resume();
    if (!this.client.holdsBack) this.backend.resume();
  }

  /** The client has sent these; valid during the call only. */
  onClientBytes(bytes: Buffer): void {
    this.received += bytes.length;
    this.options.received.value += bytes.length;
    this.pass(this.client, this.backend, bytes);
  }

  /** The same from the backend. */
  onBackendBytes(bytes: Buffer): void {
    this.sent += bytes.length;
    this.options.sent.value += bytes.length;
    this.pass(this.backend, this.client, bytes);
  }

  /** Bytes that wait for the backend to take them. */
  get heldBytes(): number { return this.backend.heldBytes; }

  /** Breaks it off: both sides see that it was no end. */
  breakOff(): void {
    this.client.reset();
    this.backend.reset();
  }

  /** Ends it in order: both sides see the end of the stream, not an accident. */
  end(): void {
    this.ending = true;
    for (const side of [this.client, this.backend]) {
      side.end();
      side.resume();
    }
  }

  private join(side: TunnelSide, other: TunnelSide): void {
    side.listen({
      onEnd: () => other.end(),
      onDrain: () => {
        this.timeout.start(this.options.idleTimeout);
        other.resume();
      },
      onClose: (clean) => this.onClose(side, other, clean),
    });
  }

  private pass(from: TunnelSide, to: TunnelSide, bytes: Buffer): void {
    if (this.ending) return;
    this.timeout.start(this.options.idleTimeout);
    if (!to.write(bytes)) from.pause();
  }

  private onClose(side: TunnelSide, other: TunnelSide, clean: boolean): void {
    if (!clean) this.brokenBy ??= side === this.client ? 'client' : 'backend';
    if (!clean && !other.closed) other.reset();
    this.open -= 1;
    if (this.open > 0) return;
    this.timeout.stop();
    this.options.onClosed(this);
  }

  private onTimeout(): void {
    this.timedOut = true;
    if (this.options.onIdle) this.options.onIdle();
    else this.breakOff();
  }
}
