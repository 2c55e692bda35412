/** A GET of a small page beside us: probes and admin pages. No connection is kept. */
import { get } from 'node:http';
import { SocketAddress, inText } from './network';

export interface Page {
  readonly status: number;
  readonly body: string;
}

/** Fails when there is no whole answer within `timeoutMs`. */
export function httpGet(to: SocketAddress, path: string, timeoutMs: number): Promise<Page> {
  return new Promise((resolve, reject) => {
    const request = get({ host: to.address, port: to.port, path, agent: false, timeout: timeoutMs }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => { body += chunk; });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
      response.on('error', reject);
    });
    request.on('timeout', () => request.destroy(new Error(`no answer from http://${inText(to)}${path} in ${timeoutMs} ms`)));
    request.on('error', reject);
  });
}
