/**
 * Connections of TCP: each is opened, waits for what the server says first, and is ended. A stand-in says who it is. A program of the user's own
 * may say nothing before it is asked, in a protocol that nobody here knows: a connection that is still open after a moment counts as made.
 */
import { connect, Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { codeOf, messageOf } from '../../command-line/errors';
import { POD_FIELD, SERVICE_FIELD, VERSION_FIELD } from '../../stand-in/server';
import { Answer, Ask, Sender, TIMEOUT_MS, trustIn } from './sender';

/** How long a server has to say something, once there is a connection. */
const FIRST_WORD_MS = 250;

export class TcpSender implements Sender {
  private readonly sockets = new Set<Socket>();

  constructor(private readonly isSecure: boolean, private readonly trusted: string | undefined) {}

  send({ target, host }: Ask, settle: (answer: Answer) => void): void {
    const to = { host: target.address, port: target.port };
    const socket = this.isSecure ? connectTls({ ...to, servername: host, ...trustIn(this.trusted) }) : connect(to);
    this.sockets.add(socket);
    let received = '';
    let settled = false;
    const settleOnce = (failure: string | undefined): void => {
      if (settled) return;
      settled = true;
      clearTimeout(silence);
      socket.end();
      settle({ headers: failure === undefined ? headersIn(received) : {}, failure, at: failure === undefined && received === '' ? connectedAt : undefined });
    };
    let silence: NodeJS.Timeout | undefined;
    // A server that waits to be asked has answered by taking the connection.
    let connectedAt: number | undefined;
    socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error(`no connection in ${TIMEOUT_MS / 1000} s`)));
    socket.on(this.isSecure ? 'secureConnect' : 'connect', () => {
      connectedAt = performance.now();
      silence = setTimeout(() => settleOnce(undefined), FIRST_WORD_MS);
    });
    socket.on('data', (bytes: Buffer) => {
      received += bytes.toString('latin1');
      if (received.includes('\n')) settleOnce(undefined);
    });
    socket.on('error', (error) => settleOnce(codeOf(error) || messageOf(error)));
    socket.on('close', () => {
      this.sockets.delete(socket);
      settleOnce(received === '' ? 'closed without a word' : undefined);
    });
  }

  close(): void {
    for (const socket of this.sockets) socket.destroy();
  }
}

/** Who a stand-in says that it is, in the fields in which others say it. */
function headersIn(text: string): Answer['headers'] {
  try {
    const { service, version, pod } = JSON.parse(text.slice(0, text.indexOf('\n'))) as Record<string, unknown>;
    return { [SERVICE_FIELD]: String(service), [VERSION_FIELD]: String(version), [POD_FIELD]: String(pod) };
  } catch {
    return {};
  }
}
