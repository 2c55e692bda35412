/** Proxies are asked in plain, and ask the sidecar in TLS. */
import { rawClient } from '../../support/raw-http';

export async function fetchPlain(port: number): Promise<string> {
  const client = await rawClient(port);
  client.send('GET / HTTP/1.1\r\nHost: catalog\r\nConnection: close\r\n\r\n');
  const answer = await client.closes(20_000);
  client.socket.destroy();
  return answer;
}
