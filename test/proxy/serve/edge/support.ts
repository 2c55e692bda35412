/** An edge listener before a backend that shows what it got. */
import type { EdgeConfig } from '../../../../src/contract';
import { startProxy, TestProxy, TestProxyOptions } from '../../../support/proxy';
import { RawBackend, rawClient, RawConnection } from '../../../support/raw-http';

export const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

export interface EdgeTest extends TestProxy {
  readonly backend: RawBackend;
  /** Sends one request on a connection of its own; the head and content of the response. */
  ask(request: string, from?: string): Promise<string>;
  /** The field lines that the backend got with the last request, in lower case, without Host. */
  got(): string[];
  value(series: string): number | undefined;
}

export async function startEdge(
  cleanups: (() => unknown)[], edge: EdgeConfig, options: TestProxyOptions = {}, answer: (head: string) => string = () => OK,
): Promise<EdgeTest> {
  const backend = await RawBackend.answering(answer);
  const test = await startProxy([backend.port], { edge, route: { meshFields: false }, ...options });
  cleanups.push(() => backend.close(), () => test.proxy.close());
  return {
    ...test,
    backend,
    async ask(request, from) {
      const client = await rawClient(test.port, '127.0.0.1', from);
      cleanups.push(() => client.socket.destroy());
      return exchanged(client, request);
    },
    got: () => backend.received.slice(backend.received.lastIndexOf('HTTP/1.1\r\n') + 10).split('\r\n')
      .filter((line) => line !== '').map((line) => line.toLowerCase()).filter((line) => !line.startsWith('host:')),
    value(series) {
      const line = test.metrics().split('\n').find((each) => each.startsWith(`${series} `));
      return line === undefined ? undefined : Number(line.slice(series.length + 1));
    },
  };
}

/** Sends a request, and waits for the end of its response, which has a length. */
export async function exchanged(client: RawConnection, request: string): Promise<string> {
  client.received = '';
  client.send(request);
  return client.receives(/^HTTP\/1\.1 (?!1)\d+[^]*?content-length: (\d+)[^]*?\r\n\r\n/i).then(async () => {
    const [head, length] = /^[^]*?content-length: (\d+)[^]*?\r\n\r\n/i.exec(client.received) as unknown as [string, string];
    return client.receives(new RegExp(`^[^]{${head.length + Number(length)},}`));
  });
}

/** A request with these field lines. */
export function get(...fields: string[]): string {
  return ['GET /a?b HTTP/1.1', ...(fields.some((line) => /^host:/i.test(line)) ? [] : ['Host: shop.test']), ...fields, '', ''].join('\r\n');
}
