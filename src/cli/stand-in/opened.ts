/** A stand-in that listens, of either kind, and its connections. */
import type { AddressInfo, Server, Socket } from 'node:net';
import { UserError, codeOf, messageOf } from '../command-line/errors';
import type { Behaviour } from './behaviour';
import { ownCertificate } from './own-certificate';
import { Identity, StandIn } from './server';
import { TcpStandIn } from './tcp-server';

/** What a stand-in speaks. */
export type Spoken = 'http1' | 'http2' | 'tcp' | 'tls';

export class OpenedStandIn {
  private readonly sockets = new Set<Socket>();

  private constructor(private readonly standIn: StandIn | TcpStandIn) {
    (standIn.server as Server).on('connection', (socket: Socket) => {
      this.sockets.add(socket);
      socket.once('close', () => this.sockets.delete(socket));
    });
  }

  /** Settles when it listens; rejects in the user's words. */
  static async open(
    identity: Identity, speaks: Spoken, { host, port }: { readonly host: string; readonly port: number }, behaviour: () => Behaviour,
  ): Promise<OpenedStandIn> {
    const standIn = speaks === 'tcp' || speaks === 'tls' ? new TcpStandIn(identity, behaviour, Math.random, undefined, speaks === 'tls' ? ownCertificate() : undefined)
      : new StandIn(identity, behaviour, Math.random, undefined, { http2: speaks === 'http2' });
    const opened = new OpenedStandIn(standIn);
    await new Promise<void>((resolve, reject) => {
      standIn.server.once('error', (error: Error) => reject(codeOf(error) === 'EADDRINUSE'
        ? new UserError(`port ${port} of ${host} is in use by another program; choose another with --port`)
        : new UserError(`can't listen on ${host}:${port}: ${messageOf(error)}`)));
      standIn.server.listen(port, host, resolve);
    });
    return opened;
  }

  get address(): AddressInfo {
    return this.standIn.server.address() as AddressInfo;
  }

  /** Answers what is under way, then ends. */
  close(): Promise<void> {
    return this.standIn.close();
  }

  /** Ends as a process that is killed does: nothing is answered any more. */
  kill(): void {
    (this.standIn.server as Server).close();
    for (const socket of this.sockets) socket.destroy();
  }
}
