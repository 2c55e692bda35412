/**
 * A client's connection of TCP: who opens it is asked once, an endpoint is connected to at once (its protocol may be one in which servers speak
 * first), and from then on it is a tunnel. Nothing of the client is read before there is an endpoint, so that no buffer is needed for it; but for
 * the ClientHello of TLS that passes through, where the listener chooses routes by the name in it.
 *
 * It ends as its sides end it: each direction by itself, or both by a reset. By the proxy it is ended in order, with a moment for what is on its
 * way, and only broken off where memory is short or somebody is not let in.
 *
 * States: (reading the ClientHello ->) connecting -> open -> closed.
 */
import type { Socket } from 'node:net';
import { GREETING, refusalByte } from '../../cluster/tcp/greeting';
import { end, heldBytes, write } from '../../net/direct-write';
import { peerAddress } from '../../net/ip-address';
import { proxyHeader } from '../../net/proxy-protocol';
import { readShared } from '../../net/shared-read';
import { SocketSide } from '../../net/tunnel-side';
import { Timeout, TimeoutQueue } from '../../runtime/timeouts';
import type { ReasonCode } from '../../telemetry/reasons';
import type { TcpInstruments } from '../../telemetry/tcp-instruments';
import { isTls, reset } from '../../tls/socket';
import type { ServeContext } from '../context';
import type { AcceptedConnection, Acceptor } from '../downstream/accepted-connection';
import { Arrival, Peer } from '../downstream/peer';
import { APP_ENDED, Refusal, SHED_FOR_MEMORY, SHUTTING_DOWN } from '../exchange/refusal';
import { Tunnel } from '../exchange/tunnel';
import { MUCH_BYTES } from '../memory/memory-guard';
import type { Route } from '../route/route';
import { ServerNameListener, ServerNameWait } from './server-name-wait';
import { TcpUpstream, TcpUpstreamOwner } from './tcp-upstream';

/** Times of a listener's connections. */
export interface TcpTimes {
  readonly idle: TimeoutQueue;
  readonly lifetime: TimeoutQueue;
}

/** The listener that has accepted it. A reload replaces the values. */
export type TcpAcceptor = Acceptor & {
  readonly tcpTimes: TcpTimes;
  /** Its connections are TLS, whose server name chooses their route. */
  readonly readsServerName: boolean;
  /** Its connections have to be by mutual TLS. */
  readonly requiresIdentity: boolean;
};

const CLIENT_GONE: Refusal = Object.freeze({ code: 'tcp_client_reset', detail: 'before there was a connection to an endpoint' });
const IDLE: Refusal = Object.freeze({ code: 'tcp_idle_timeout', detail: 'nothing passed', limit: 'tcp.idleTimeoutMs' });
const TOO_OLD: Refusal = Object.freeze({ code: 'tcp_max_duration', detail: 'it had lasted as long as it may', limit: 'tcp.maxDurationMs' });
const NO_IDENTITY: Refusal = Object.freeze({ code: 'mutual_tls_required', detail: 'it was opened before mutual TLS was asked for' });

export class TcpConnection implements AcceptedConnection, TcpUpstreamOwner, ServerNameListener {
  readonly secure: boolean;
  /** Whether anything is under way on it, nobody knows. */
  readonly idle = false;

  private readonly peer: Peer;
  /** Undefined until it is chosen. */
  private route: Route | undefined;
  private upstream: TcpUpstream | undefined;
  /** Undefined where the route does not go by the server name. */
  private readonly naming: ServerNameWait | undefined;
  private readonly startedAt: number;
  /** The client's sidecar waits to be told whether there is an endpoint. */
  private readonly greets: boolean;
  /** Read from the client before the connection was made. */
  private rest: Buffer | undefined;
  private tunnel: Tunnel | undefined;
  private instruments: TcpInstruments | undefined;
  /** Why the proxy ends it. */
  private refusal: Refusal | undefined;
  /** Its client has ended it in order without a word. */
  private leftSilently = false;
  private closed = false;
  private readonly lifetime = new Timeout(() => this.endBy(TOO_OLD));
  private readonly linger = new Timeout(() => this.destroy());

  constructor(private readonly socket: Socket, private readonly listener: TcpAcceptor, private readonly context: ServeContext, arrival: Arrival) {
    const { rest, caller } = arrival;
    this.secure = isTls(socket);
    this.greets = caller !== undefined;
    this.rest = rest && rest.length > 0 ? Buffer.from(rest) : undefined;
    this.peer = new Peer(arrival, socket, listener, context);
    this.startedAt = context.clock.now();
    // 'close' follows and does what is to be done.
    socket.on('error', () => {});
    socket.on('close', () => { if (!this.tunnel) this.finish(this.leftSilently ? undefined : CLIENT_GONE); });
    readShared(socket, (bytes) => this.onClientBytes(bytes));
    socket.pause();
    const refusal = this.whyNot();
    if (refusal) {
      this.refuse(refusal);
    } else if (listener.readsServerName) {
      this.naming = new ServerNameWait(context, () => (listener.readsServerName ? listener.routes : undefined), this);
      this.readName(this.naming);
    } else {
      this.onRoute(listener.routes.all[0]!);
    }
  }

  get heldBytes(): number {
    const { socket, rest, naming, tunnel } = this;
    return heldBytes(socket) + (rest?.length ?? 0) + (naming?.heldBytes ?? 0) + (tunnel?.heldBytes ?? 0);
  }

  idleMs(): number { return 0; }

  /** Nothing tells a client of TCP that its connection is about to end. */
  announceEnd(): void {}

  /** It has no requests that could be the last. */
  retire(): void {}

  closeIdle(): void {}

  dropBacklog(): boolean { return false; }

  recheck(): void {
    if (this.closed || this.refusal) return;
    const { listener, peer } = this;
    const refusal = listener.requiresIdentity && peer.caller === undefined ? NO_IDENTITY : listener.authorizer?.askConnection(peer);
    if (refusal) this.cut(refusal);
  }

  /** The time to drain is over. */
  stop(): void {
    this.endBy(SHUTTING_DOWN);
  }

  destroy(): void {
    this.drop();
    if (this.tunnel) this.tunnel.breakOff();
    else reset(this.socket);
  }

  breakOff(): void {
    this.cut(SHED_FOR_MEMORY);
  }

  onRoute(route: Route): void {
    const { socket, context, naming } = this;
    this.route = route;
    if (naming) {
      socket.pause();
      this.rest = naming.takeKept();
    }
    this.upstream = new TcpUpstream(this, context, route, route.hashKeys ? this.peer.hash : undefined);
    const refusal = this.upstream.begin();
    if (refusal) this.refuse(refusal);
  }

  onUnrouted(refusal: Refusal, alert?: Buffer): void {
    this.refuse(refusal, alert);
  }

  onNothing(): void {
    this.leftSilently = true;
    end(this.socket);
  }

  onConnected(backend: Socket): void {
    const { socket, listener, peer } = this;
    const cluster = this.upstream!.cluster!;
    const instruments = listener.instruments.tcp.of(cluster.name, peer.caller);
    const { idle, lifetime } = listener.tcpTimes;
    this.instruments = instruments;
    instruments.opened.value += 1;
    instruments.open.value += 1;
    if (this.greets) write(socket, GREETING);
    if (cluster.sendsProxyHeader) write(backend, this.headerOfClient());
    this.tunnel = new Tunnel(new SocketSide(socket), new SocketSide(backend), {
      idleTimeout: idle,
      onIdle: () => this.endBy(IDLE),
      received: instruments.received,
      sent: instruments.sent,
      onClosed: (tunnel) => this.onTunnelClosed(tunnel),
    });
    this.lifetime.start(lifetime);
    this.tunnel.start(this.rest, undefined);
    // Passed on; it would be held for as long as the connection lasts.
    this.rest = undefined;
  }

  onGivenUp(refusal: Refusal): void {
    this.refuse(refusal);
  }

  onEndpointBytes(bytes: Buffer): void {
    this.context.memory.took(bytes.length);
    this.tunnel!.onBackendBytes(bytes);
    this.checkMemory();
  }

  private onClientBytes(bytes: Buffer): void {
    const { tunnel, naming } = this;
    if (!tunnel && !naming) return;
    this.context.memory.took(bytes.length);
    if (tunnel) tunnel.onClientBytes(bytes);
    else naming!.take(bytes);
    this.checkMemory();
  }

  /** Reads the ClientHello, of which a PROXY header may have brought the beginning. */
  private readName(naming: ServerNameWait): void {
    const { socket, rest } = this;
    this.rest = undefined;
    socket.on('end', () => naming.end());
    socket.resume();
    if (rest) naming.take(rest);
  }

  /** Why it is not let in; undefined: it is. */
  private whyNot(): Refusal | undefined {
    const { context, listener, peer } = this;
    if (context.refusing && listener.load) return APP_ENDED;
    return listener.authorizer?.askConnection(peer);
  }

  /** There is no endpoint for it. Its client gets to know why where it is a sidecar that waits for it, and sees a broken connection elsewhere. */
  private refuse(refusal: Refusal, last = this.greets ? refusalByte(refusal.code) : undefined): void {
    this.note(refusal);
    if (!last) {
      reset(this.socket);
      return;
    }
    write(this.socket, last);
    end(this.socket);
    this.socket.resume();
    this.linger.start(this.context.lingerTimeout);
  }

  /** Ends it in order. What is still on its way has a moment. */
  private endBy(refusal: Refusal): void {
    if (this.closed || this.refusal) return;
    if (!this.tunnel) {
      this.drop();
      this.refuse(refusal);
      return;
    }
    this.note(refusal);
    this.tunnel.end();
    this.linger.start(this.context.lingerTimeout);
  }

  /** Nobody waits for a name or an endpoint any more. */
  private drop(): void {
    this.naming?.stop();
    this.upstream?.drop();
  }

  /** Breaks it off. */
  private cut(refusal: Refusal): void {
    this.note(refusal);
    this.destroy();
  }

  private note(refusal: Refusal): void {
    this.refusal ??= refusal;
    if (this.refusal === refusal && refusal.limit !== undefined) this.context.instruments.limitReached(refusal.limit);
  }

  private checkMemory(): void {
    const { memory } = this.context;
    if (!memory.critical || this.heldBytes < MUCH_BYTES) return;
    memory.count('break_off');
    this.breakOff();
  }

  private onTunnelClosed(tunnel: Tunnel): void {
    const { upstream, instruments } = this;
    instruments!.open.value -= 1;
    upstream!.closed(tunnel.brokenBy === 'backend' && !this.refusal);
    this.finish(tunnel.brokenBy && BROKEN[tunnel.brokenBy]);
  }

  /** It is over. @param broken by which side, where the proxy itself did not end it */
  private finish(broken: Refusal | undefined): void {
    if (this.closed) return;
    this.closed = true;
    this.drop();
    this.lifetime.stop();
    this.linger.stop();
    const { context, listener, peer, upstream, naming, tunnel } = this;
    const durationMs = context.clock.now() - this.startedAt;
    const ended = this.refusal ?? broken;
    const reason: ReasonCode | undefined = ended?.code;
    const instruments = this.instruments ?? listener.instruments.tcp.of(upstream?.cluster?.name, peer.caller);
    instruments.closed(reason, durationMs / 1_000);
    context.onTcpClosed?.({
      listener: listener.name,
      accessLog: this.route?.accessLog,
      route: naming && this.route?.name,
      serverName: naming?.serverName,
      client: listener.edge?.namesClients ? peer.address : undefined,
      caller: peer.caller,
      reason,
      detail: ended?.detail ?? '',
      durationMs,
      connectMs: upstream?.connectMs,
      cluster: upstream?.cluster?.name,
      endpoint: upstream?.endpoint?.key,
      attempts: upstream?.attempts ?? 0,
      attemptRecords: upstream?.failed ?? [],
      bytesIn: tunnel?.received ?? 0,
      bytesOut: tunnel?.sent ?? 0,
    });
    listener.onConnectionClosed(this);
  }

  /** Who is behind the connection, for an endpoint that is told by the PROXY protocol. The app beside the proxy has the pod's address. */
  private headerOfClient(): Buffer {
    const { socket, context, listener, peer } = this;
    const address = listener.direction === 'outbound' && !listener.isEdge ? context.podAddress : peerAddress(peer.address);
    return proxyHeader(
      { address, port: socket.remotePort ?? 0 }, { address: peerAddress(socket.localAddress), port: socket.localPort ?? 0 },
    );
  }
}

const BROKEN = {
  client: Object.freeze<Refusal>({ code: 'tcp_client_reset', detail: '' }),
  backend: Object.freeze<Refusal>({ code: 'tcp_endpoint_reset', detail: '' }),
};
