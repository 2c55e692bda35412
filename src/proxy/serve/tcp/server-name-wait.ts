/**
 * Waits for the ClientHello of a connection of TLS that passes through, and chooses its route by the server name in it. What has come by then is
 * kept, and is the first that the endpoint gets. A connection that is refused is told why by an alert of TLS, where it speaks TLS, so that its
 * client has more to say than that the connection was closed.
 */
import { ClientHello, ClientHelloReader, HelloFault } from '../../net/client-hello';
import { KeptBytes } from '../../net/kept-bytes';
import { Timeout } from '../../runtime/timeouts';
import type { ServeContext } from '../context';
import type { Refusal } from '../exchange/refusal';
import type { Route } from '../route/route';
import type { Routes } from '../route/routes';

/** Hears once how it went. */
export interface ServerNameListener {
  onRoute(route: Route): void;
  /** @param alert says why to a client of TLS; undefined where it speaks something else, or nothing */
  onUnrouted(refusal: Refusal, alert?: Buffer): void;
  /** The client has gone without a word, as who only looks whether the port is open. */
  onNothing(): void;
}

const TOO_LATE: Refusal = Object.freeze({ code: 'client_timeout', detail: 'the ClientHello was not complete in time', limit: 'headTimeoutMs' });
const CUT_OFF: Refusal = Object.freeze({ code: 'wrong_protocol', detail: 'the client ended its side within its ClientHello' });
const NO_NAME: Refusal = Object.freeze({ code: 'no_route', detail: 'the client asks for no server name, and every route has a condition' });

const DECODE_ERROR = alert(50);
const UNRECOGNIZED_NAME = alert(112);

export class ServerNameWait {
  /** The name that the client asks for; undefined before, and when it asks for none. */
  serverName: string | undefined;

  /** Undefined when there is nothing to read any more. */
  private reader: ClientHelloReader | undefined;
  private readonly kept = new KeptBytes();
  private readonly timeout = new Timeout(() => this.onTimeout());
  private isEmpty = true;

  /** @param routes those of now; undefined once the listener no longer goes by the server name */
  constructor(context: ServeContext, private readonly routes: () => Routes | undefined, private readonly listener: ServerNameListener) {
    this.reader = new ClientHelloReader(context.limits.maxClientHelloBytes);
    this.timeout.start(context.headTimeout);
  }

  get heldBytes(): number { return this.kept.heldBytes + (this.reader?.heldBytes ?? 0); }

  /** @param bytes what the client has sent; valid during the call only */
  take(bytes: Buffer): void {
    if (!this.reader) return;
    this.isEmpty = false;
    this.kept.add(bytes);
    const result = this.reader.take(bytes);
    if (!result) return;
    this.stop();
    if (result instanceof HelloFault) this.refuse(result);
    else this.choose(result);
  }

  /** The client has ended its side. */
  end(): void {
    if (!this.reader) return;
    this.stop();
    if (this.isEmpty) this.listener.onNothing();
    else this.turnAway(CUT_OFF);
  }

  /** Nobody wants to know any more. */
  stop(): void {
    this.reader = undefined;
    this.timeout.stop();
  }

  /** What has come, to be passed on. */
  takeKept(): Buffer | undefined {
    return this.kept.take();
  }

  private choose({ serverName }: ClientHello): void {
    this.serverName = serverName;
    const route = this.routes()?.ofServerName(serverName);
    if (route) this.listener.onRoute(route);
    else this.turnAway(serverName === undefined ? NO_NAME : { code: 'no_route', detail: `no route takes the server name '${serverName}'` }, UNRECOGNIZED_NAME);
  }

  private refuse({ kind, detail }: HelloFault): void {
    if (kind === 'notTls') this.turnAway({ code: 'wrong_protocol', detail });
    else if (kind === 'malformed') this.turnAway({ code: 'wrong_protocol', detail }, DECODE_ERROR);
    else this.turnAway({ code: 'head_too_large', detail, limit: 'maxClientHelloBytes' }, DECODE_ERROR);
  }

  private onTimeout(): void {
    this.stop();
    this.turnAway(TOO_LATE);
  }

  /** Its connection may stay for a moment; what has come need not. */
  private turnAway(refusal: Refusal, alert?: Buffer): void {
    this.kept.clear();
    this.listener.onUnrouted(refusal, alert);
  }
}

/** A record with a fatal alert (RFC 8446 section 6), in the version that all clients read. */
function alert(description: number): Buffer {
  return Buffer.from([21, 3, 1, 0, 2, 2, description]);
}
