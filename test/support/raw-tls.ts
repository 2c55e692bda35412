/** Clients that speak in bytes over TLS. */
import { connect as connectTcp, Socket } from 'node:net';
import { connect, ConnectionOptions, TLSSocket } from 'node:tls';
import { RawConnection } from './raw-http';

export class TlsConnection extends RawConnection {
  constructor(readonly tls: TLSSocket, /** The TCP socket below. */ readonly below: Socket) {
    super(tls);
  }
}

/** Shakes hands; rejects with what went wrong. */
export async function tlsClient(port: number, options: ConnectionOptions = {}): Promise<TlsConnection> {
  const below = connectTcp({ host: '127.0.0.1', port, noDelay: true, allowHalfOpen: true });
  const socket = connect({ socket: below, rejectUnauthorized: false, ALPNProtocols: ['http/1.1'], ...options });
  await new Promise<void>((resolve, reject) => {
    socket.once('secureConnect', resolve).once('error', reject).once('close', () => reject(new Error('closed within the handshake')));
  });
  return new TlsConnection(socket, below);
}
