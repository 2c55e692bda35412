/**
 * A listening socket and its client connections. A configuration reload gives it other routes, or other TLS; the socket and
 * the connections stay.
 */
import { createServer, Server, Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { comesFromOutside, isOfGateway, ResolvedListener } from '../../../contract';
import { refusalByte } from '../../cluster/tcp/greeting';
import type { SocketAddress } from '../../net/handover';
import { peerAddress } from '../../net/ip-address';
import { unsentField } from '../../http1/mesh-fields';
import type { ListenerInstruments } from '../../telemetry/instruments';
import { ReasonCode, REASONS } from '../../telemetry/reasons';
import { isTls } from '../../tls/socket';
import { Handshakes, TlsSettings } from '../../tls/handshakes';
import type { MutualTlsSettings } from '../../tls/mutual-tls-server';
import type { Admission } from '../admission/admission';
import type { Authorizer } from '../authorization/authorizer';
import type { ExternalAuthorizer } from '../authorization/external-authorizer';
import type { Arrival } from './peer';
import { Caller } from './caller';
import type { AcceptedConnection } from './accepted-connection';
import { ClientConnection } from './client-connection';
import { Http2ClientConnection } from './http2/http2-client-connection';
import type { ServeContext } from '../context';
import type { InboundLoad } from '../exchange/load-fields';
import { NO_CONTENT } from '../exchange/refusal';
import type { Edge } from '../edge/edge';
import { clientOf } from '../edge/client-rules';
import { readProxyHeader } from '../edge/proxy-header-reader';
import { localResponse } from './local-response';
import { SecureEntry } from './secure-entry';
import { CONNECTION_BYTES } from '../memory/memory-guard';
import type { Routes } from '../route/routes';
import { Via } from '../route/via';
import { TcpConnection, TcpTimes } from '../tcp/tcp-connection';

/** Connections that the kernel holds ready while the proxy is busy. */
const BACKLOG = 1_024;

export class Listener {
  instruments: ListenerInstruments;
  /** Of its connections, with protocol `tcp`. */
  tcpTimes: TcpTimes;
  /** `address:port`, as a Host field has it. */
  readonly authority: string;
  readonly via: Via;
  /** What the app behind it does; undefined of an outbound listener. */
  readonly load: InboundLoad | undefined;
  /** Takes no new connections, and ends those it has after their response. */
  closing = false;
  /** Who may send what; undefined: everybody, everything. Its addresses share it. */
  authorizer: Authorizer | undefined;
  /** Asks a service about each request besides; undefined: nobody is asked. Its addresses share it. */
  externalAuthorizer: ExternalAuthorizer | undefined;
  /** How many of its requests are let in; undefined: all. Its addresses share it. */
  admission: Admission | undefined;
  /** What is done for clients from outside; undefined: nothing. Its addresses share it. */
  edge: Edge | undefined;

  private readonly server: Server;
  readonly connections: Set<AcceptedConnection> = new Set();
  private handshakes: Handshakes | undefined;
  /** Mutual TLS; a listener has it or `handshakes`, or neither. */
  private secureEntry: SecureEntry | undefined;
  /** Addresses of clients that a PROXY header told, by the other end of their connections, until those close. */
  private readonly addresses = new Map<string, { readonly address: string }>();
  /** Sockets under TLS, from before their handshake on, and those whose PROXY header is waited for. */
  private readonly early = new Set<Socket>();

  constructor(
    private config: ResolvedListener,
    /** What it binds. The port is another than the document's where the pod redirects that one. */
    readonly socketAddress: SocketAddress,
    public routes: Routes,
    tls: TlsSettings | undefined,
    mutualTls: MutualTlsSettings | undefined,
    private readonly context: ServeContext,
    random: () => number,
  ) {
    this.handshakes = tls && this.handshakesWith(tls);
    this.secureEntry = mutualTls && this.entryWith(mutualTls);
    this.instruments = context.instruments.listener(config.name, config.direction);
    this.tcpTimes = timesOf(config, context);
    const { address } = socketAddress;
    this.authority = address.includes(':') ? `[${address}]:${config.port}` : `${address}:${config.port}`;
    this.via = new Via(this.authority, config.direction === 'inbound', random);
    this.load = config.direction === 'inbound' ? context.inboundLoad : undefined;
    this.server = createServer({
      allowHalfOpen: true,
      noDelay: true,
      highWaterMark: context.limits.maxBufferedBytes,
    }, (socket) => this.onConnection(socket));
  }

  /** Its app is about to end, or may have ended. */
  get leaving(): boolean { return this.context.leaving && this.fromOutside; }
  /** Its requests come from outside of the pod. */
  get fromOutside(): boolean { return comesFromOutside(this.config); }
  /** A response is the last of its connection. */
  get ending(): boolean { return this.closing || this.context.draining || this.leaving; }
  get address(): string { return this.socketAddress.address; }
  get name(): string { return this.config.name; }
  get isEdge(): boolean { return this.edge !== undefined || isOfGateway(this.config); }
  get direction(): ResolvedListener['direction'] { return this.config.direction; }
  get mutualTls(): MutualTlsSettings | undefined { return this.secureEntry?.settings; }
  /** Its connections have to be by mutual TLS. */
  get requiresIdentity(): boolean { return this.secureEntry?.settings.mode === 'strict'; }
  /** Its connections are TLS, whose server name chooses their route. */
  get readsServerName(): boolean { return this.config.tcp?.readServerName === true; }
  /** What its admission is made of. */
  get admissionConfig(): readonly unknown[] { return [this.config.admission, this.config.path]; }

  /** Takes over what a new configuration says of this socket; requests under way keep the route they have. */
  reconfigure(config: ResolvedListener, routes: Routes, tls: TlsSettings | undefined, mutualTls: MutualTlsSettings | undefined): void {
    const { protocol } = this.config;
    this.config = config;
    this.tcpTimes = timesOf(config, this.context);
    routes.resume(this.routes);
    this.routes = routes;
    if (this.handshakes?.settings !== tls || protocol !== config.protocol) {
      this.handshakes?.close();
      this.handshakes = tls && this.handshakesWith(tls);
    }
    if (protocol !== config.protocol) for (const connection of this.connections) connection.retire();
    if (this.secureEntry?.settings !== mutualTls) {
      this.secureEntry?.close();
      this.secureEntry = mutualTls && this.entryWith(mutualTls);
      // They were let in by other rules.
      for (const connection of this.connections) connection.retire();
    }
    this.instruments = this.context.instruments.listener(config.name, config.direction);
  }

  /** Who is let in is said by other rules from now on. */
  recheck(): void {
    for (const connection of this.connections) connection.recheck();
  }

  /**
   * Binds. Rejects with the system's error when that is not possible.
   *
   * @param kept a socket that listens there already; undefined: there is none
   */
  listen(kept?: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.server.once('error', reject);
      const options = kept === undefined ? { host: this.address, port: this.socketAddress.port } : { fd: kept };
      this.server.listen({ ...options, backlog: BACKLOG }, () => {
        this.server.off('error', reject);
        // Afterwards only accept() can fail, when file descriptors have run out: the connection stays in the backlog.
        this.server.on('error', () => {});
        resolve();
      });
    });
  }

  /** Stops accepting; open connections end after the response under way, idle ones when `closeIdle` is called. */
  stopAccepting(): void {
    this.closing = true;
    this.handshakes?.close();
    this.secureEntry?.close();
    if (this.server.listening) this.server.close();
    this.announceEnd();
  }

  /** Tells clients, where that is possible, that their connections are about to end. */
  announceEnd(): void {
    for (const connection of this.connections) connection.announceEnd();
  }

  /** Closes connections without a request. */
  closeIdle(): void {
    for (const connection of this.connections) connection.closeIdle();
  }

  /** Ends what is under way on each connection. */
  stop(): void {
    for (const connection of this.connections) connection.stop();
  }

  /** Breaks off whatever is still open. */
  destroy(): void {
    this.stopAccepting();
    for (const connection of this.connections) connection.destroy();
    for (const socket of this.early) socket.destroy();
  }

  /** @internal */
  onConnectionClosed(connection: AcceptedConnection): void {
    // Under TLS a socket counts from before there is such a connection.
    if (this.connections.delete(connection) && !connection.secure) this.onSocketClosed();
  }

  private onConnection(socket: Socket): void {
    const { context, instruments } = this;
    instruments.connections.value += 1;
    context.memory.took(CONNECTION_BYTES);
    if (context.connections >= context.limits.maxConnections) {
      context.instruments.limitReached('maxConnections');
      this.refuse(socket, 'connection_limit', `limit ${context.limits.maxConnections}`);
      return;
    }
    if (context.memory.strained) {
      context.memory.count('refuse_connection');
      this.refuse(socket, 'memory_limit', 'new connections are refused');
      return;
    }
    instruments.connectionsOpen.value += 1;
    context.connections += 1;
    if (this.edge) this.arrive(socket, this.edge);
    else this.begin(socket);
  }

  /** Waits for the PROXY header, where there has to be one. */
  private arrive(socket: Socket, edge: Edge): void {
    if (!edge.proxyHeaderFrom?.has(peerAddress(socket.remoteAddress))) {
      this.admit(socket, edge);
      return;
    }
    const { context, instruments } = this;
    const onClose = this.keep(socket);
    readProxyHeader(socket, context.headTimeout, (result) => {
      if (result === 'timeout') context.instruments.limitReached('headTimeoutMs');
      instruments.proxyHeader(result);
    }, (address, rest) => {
      this.early.delete(socket);
      socket.off('close', onClose);
      this.admit(socket, edge, address, rest);
    });
  }

  /** Looks at whom a connection comes from. Without TLS a client of HTTP that is not let in is told so in answer to its request. */
  private admit(socket: Socket, { clients, knowsConnections }: Edge, address?: string, rest?: Buffer): void {
    if (clients && knowsConnections) {
      const client = peerAddress(address ?? socket.remoteAddress);
      const denied = (this.handshakes !== undefined || this.config.protocol === 'tcp') && !clients.lets(client);
      const disconnect = denied ? undefined : clients.connect(clientOf(client));
      if (!disconnect) {
        const reason = denied ? 'address_denied' : 'client_connection_limit';
        this.instruments.connectionRefused(reason);
        this.keep(socket);
        this.refuse(socket, reason, 'of this client');
        return;
      }
      socket.on('close', disconnect);
    }
    this.begin(socket, address, rest);
  }

  /**
   * Takes up TLS, HTTP or TCP.
   *
   * @param address the client's, when it is not the other end of the connection
   * @param rest    what was read already
   */
  private begin(socket: Socket, address?: string, rest?: Buffer): void {
    if (this.secureEntry) {
      this.arriveSecurely(socket, this.secureEntry);
      return;
    }
    if (!this.handshakes) {
      this.accept(socket, { address, rest });
      return;
    }
    this.keep(socket);
    if (address !== undefined) {
      const end = endOf(socket);
      const told = { address };
      this.addresses.set(end, told);
      // The next connection may have the same other end before this one has told that it is closed.
      socket.on('close', () => { if (this.addresses.get(end) === told) this.addresses.delete(end); });
    }
    if (rest) {
      socket.pause();
      if (rest.length > 0) socket.unshift(rest);
    }
    this.handshakes.begin(socket);
  }

  /** A connection whose client is let in. */
  private accept(socket: Socket, arrival: Arrival): void {
    const { context, config: { protocol } } = this;
    if (protocol === 'tcp') {
      this.connections.add(new TcpConnection(socket, this, context, arrival));
      return;
    }
    const isHttp2 = protocol === 'http2' || (protocol === 'alpn' && (socket as Partial<TLSSocket>).alpnProtocol === HTTP2);
    this.connections.add(isHttp2 ? new Http2ClientConnection(socket, this, context, arrival) : new ClientConnection(socket, this, context, arrival));
  }

  /** Counts a socket until it closes, while it is no client's connection yet, or is below one. Returns what is called then. */
  private keep(socket: Socket): () => void {
    this.early.add(socket);
    const onClose = (): void => {
      this.early.delete(socket);
      this.onSocketClosed();
    };
    socket.on('close', onClose);
    return onClose;
  }

  /**
   * Under TLS there is nobody to say it to before a handshake, which costs more than all the rest. TCP has no words for it, and neither has HTTP/2
   * before there are requests; a caller's sidecar understands those of HTTP/1.1 by it.
   */
  private refuse(socket: Socket, code: ReasonCode, detail: string): void {
    if (this.config.protocol === 'tcp') {
      this.instruments.tcp.of(undefined, undefined).closed(code, 0);
      socket.on('error', () => {});
      socket.resetAndDestroy();
      return;
    }
    if (this.handshakes || this.secureEntry || (this.isEdge && this.config.protocol === 'http2')) {
      socket.destroy();
      return;
    }
    socket.on('error', () => {});
    // A caller's sidecar may send elsewhere what it was about to send here.
    const added = this.direction === 'inbound' ? unsentField(code) : '';
    socket.end(localResponse({ code, status: REASONS[code].status, detail, added, content: NO_CONTENT }, this.context, false, true));
    socket.destroySoon();
  }

  private arriveSecurely(socket: Socket, entry: SecureEntry): void {
    const onClose = this.keep(socket);
    entry.begin(socket, (rest) => {
      this.early.delete(socket);
      socket.off('close', onClose);
      this.accept(socket, { rest });
    });
  }

  /** To a client that did not prove who it is. */
  private readonly refusals = (socket: Socket, code: ReasonCode, detail: string): boolean => {
    const { context, config: { protocol } } = this;
    if (protocol !== 'tcp') {
      socket.write(localResponse({ code, status: REASONS[code].status, detail, added: unsentField(code) }, context, false, true));
      return true;
    }
    this.instruments.tcp.of(undefined, undefined).closed(code, 0);
    if (!isTls(socket)) return false;
    socket.write(refusalByte(code));
    return true;
  };

  private entryWith(mutualTls: MutualTlsSettings): SecureEntry {
    return new SecureEntry(mutualTls, this.context, this.refusals, (socket, id, assurance) => {
      const certificate = mutualTls.forwardClientCert ? socket.getPeerX509Certificate()?.fingerprint256 : undefined;
      this.accept(socket, { caller: new Caller(id, assurance, mutualTls.identity, certificate) });
    });
  }

  private onSocketClosed(): void {
    this.instruments.connectionsOpen.value -= 1;
    this.context.connections -= 1;
    this.context.onConnectionClosed();
  }

  private handshakesWith(tls: TlsSettings): Handshakes {
    const { context } = this;
    return new Handshakes(tls, this.config.protocol ?? 'http1', context.limits.maxBufferedBytes, context.instruments, (socket) => {
      const address = this.addresses.size === 0 ? undefined : this.addresses.get(endOf(socket))?.address;
      this.accept(socket, { address });
    });
  }
}

function timesOf({ tcp }: ResolvedListener, context: ServeContext): TcpTimes {
  return { idle: context.exactly(tcp?.idleTimeoutMs ?? 0), lifetime: context.exactly(tcp?.maxDurationMs ?? 0) };
}

/** What ALPN calls HTTP/2. */
const HTTP2 = 'h2';

/** The other end of a connection; a socket and TLS above it have the same. */
function endOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress}|${remotePort}`;
}
