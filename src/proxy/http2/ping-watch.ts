/**
 * Finds out that a peer is gone while requests are under way and nothing comes: a call of gRPC may be silent for hours, and only its
 * connection tells whether it still works. Pings are rare by default, because servers of gRPC close connections of clients that send
 * more than one in five minutes without data (gRPC's keepalive.md, `GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS`).
 *
 * It runs as long as the connection, so that requests cost nothing; what has come is one flag.
 */
import { Timeout, TimeoutQueue } from '../runtime/timeouts';

/** What is watched. */
export interface Watched {
  /** Requests are under way. */
  readonly busy: boolean;
  ping(): void;
  /** A ping was not answered in time, and nothing else has come. */
  onSilent(): void;
}

export class PingWatch {
  /** Something has come since it last looked. */
  private heard = false;
  private asked = false;
  private readonly timeout = new Timeout(() => this.look());

  /**
   * @param interval how long nothing may come before the peer is asked
   * @param answer   how long it has to answer
   */
  constructor(private readonly watched: Watched, private readonly interval: TimeoutQueue, private readonly answer: TimeoutQueue) {
    this.timeout.start(interval);
  }

  /** Bytes have come. */
  hear(): void { this.heard = true; }

  stop(): void { this.timeout.stop(); }

  private look(): void {
    const { watched } = this;
    const silent = !this.heard && watched.busy;
    this.heard = false;
    if (silent && this.asked) {
      watched.onSilent();
      return;
    }
    this.asked = silent;
    if (silent) watched.ping();
    this.timeout.start(silent ? this.answer : this.interval);
  }
}
