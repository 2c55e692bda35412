/** `openssl s_client` and `s_server`. */
import { Bench, HOST, Program } from '../../support/foreign-programs';
import { freePort } from '../../support/ports';
import type { Files } from '../certificates';
import { ALPN, Peer } from '../peer';

export function openssl(bench: Bench): Peer {
  const run = (mode: readonly string[], { certificateFile, keyFile, trustBundleFile }: Files): Program => new Program(bench, 'openssl', [
    ...mode, '-cert', certificateFile, '-cert_chain', certificateFile, '-key', keyFile, '-CAfile', trustBundleFile, '-partial_chain', '-alpn', ALPN, '-tls1_3', '-verify_return_error',
  ]);
  return {
    name: 'OpenSSL',
    takes: () => true,
    async serve(files) {
      const port = await freePort();
      await run(['s_server', '-accept', `${HOST}:${port}`, '-www', '-Verify', '9'], files).says(/ACCEPT/);
      return port;
    },
    ask(port, files) {
      const client = run(['s_client', '-connect', `${HOST}:${port}`, '-ign_eof'], files);
      client.send('GET / HTTP/1.1\r\nHost: catalog\r\nConnection: close\r\n\r\n');
      return client.ends();
    },
  };
}
