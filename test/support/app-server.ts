/** An app behind a gateway: it says what it got, streams events, echoes WebSockets, counts what is uploaded, and has a page if it is given one. */
import { createHash } from 'node:crypto';
import { createServer, IncomingMessage, Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** RFC 6455 section 1.3. */
const WEBSOCKET_GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

export class AppServer {
  /** @param handshakes names and values of the fields that WebSockets were asked for with, as they came */
  private constructor(private readonly server: Server, private readonly sockets: Set<Socket>, readonly handshakes: readonly (readonly string[])[]) {}

  /** @param page HTML of `/page`. Absent: it has none */
  static async start(name: string, page?: string): Promise<AppServer> {
    const sockets = new Set<Socket>();
    const handshakes: string[][] = [];
    const server = createServer((request, response) => {
      if (request.url === '/events') {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        let count = 0;
        const send = (): void => {
          response.write(`data: ${count}\n\n`);
          count += 1;
        };
        send();
        // Each event follows what the client has asked for after it saw the one before.
        server.on('next-event', send);
        response.on('close', () => server.off('next-event', send));
      } else if (request.url === '/next') {
        server.emit('next-event');
        response.end('ok');
      } else if (page !== undefined && request.url?.startsWith('/page')) {
        response.setHeader('content-type', 'text/html; charset=utf-8');
        response.end(page);
      } else if (request.url === '/upload') {
        upload(request).then((counted) => response.end(JSON.stringify(counted)), () => response.destroy());
      } else {
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify({ name, url: request.url, headers: request.headers }));
      }
    });
    server.on('connection', (socket) => {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
    });
    server.on('upgrade', (request, socket) => {
      handshakes.push(request.rawHeaders);
      const accept = createHash('sha1').update(`${request.headers['sec-websocket-key']}${WEBSOCKET_GUID}`).digest('base64');
      socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
      socket.on('data', (frame: Buffer) => socket.write(echo(frame)));
      socket.on('error', () => undefined);
    });
    await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
    return new AppServer(server, sockets, handshakes);
  }

  get port(): number { return (this.server.address() as AddressInfo).port; }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => { this.server.close(() => resolve()); });
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }
}

async function upload(request: IncomingMessage): Promise<{ readonly bytes: number; readonly sha256: string }> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of request) {
    bytes += (chunk as Buffer).length;
    hash.update(chunk as Buffer);
  }
  return { bytes, sha256: hash.digest('hex') };
}

/** A short masked frame of a client, as a server sends it: without the mask. */
function echo(frame: Buffer): Buffer {
  const length = frame[1]! & 0x7f;
  const mask = frame.subarray(2, 6);
  const payload = Buffer.from(frame.subarray(6, 6 + length).map((byte, index) => byte ^ mask[index % 4]!));
  return Buffer.concat([Buffer.from([frame[0]!, length]), payload]);
}
