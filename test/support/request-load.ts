/** Requests in a steady stream, of which each is looked at: for what must not fail while something is replaced. */
import { rawClient, RawConnection } from './raw-http';

const GET = 'GET / HTTP/1.1\r\nHost: catalog\r\n\r\n';

/** Clients that send one request after the other until they are stopped. */
export class Load {
  answered = 0;
  readonly failures: string[] = [];
  private running = true;
  private readonly clients: Promise<void>[];

  constructor(port: number, concurrency: number) {
    this.clients = Array.from({ length: concurrency }, () => this.send(port));
  }

  async stop(): Promise<void> {
    this.running = false;
    await Promise.all(this.clients);
  }

  private async send(port: number): Promise<void> {
    let client: RawConnection | undefined;
    while (this.running) {
      client ??= await rawClient(port);
      const before = client.received.length;
      client.send(GET);
      const { received, closed } = await next(client, before);
      if (/^HTTP\/1.1 200 [^]*ok$/.test(received)) this.answered += 1;
      else this.failures.push(received);
      client.received = '';
      if (closed || /connection: close/.test(received)) {
        client.socket.destroy();
        client = undefined;
      }
    }
    client?.socket.destroy();
  }
}

/** The next response, or what came of it. */
function next(client: RawConnection, from: number): Promise<{ readonly received: string; readonly closed: boolean }> {
  return new Promise((resolve) => {
    const look = (): void => {
      const received = client.received.slice(from);
      if (!client.closed && !client.ended && !/\r\n\r\n(?:ok|[^]*\n)$/.test(received)) return;
      client.socket.off('data', look).off('close', look);
      resolve({ received, closed: client.closed || client.ended });
    };
    client.socket.on('data', look).on('close', look);
  });
}
