/** HAProxy. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Bench, HOST, Program } from '../../support/foreign-programs';
import { freePort } from '../../support/ports';
import type { Files } from '../certificates';
import { ALPN, Peer, SERVER_NAME } from '../peer';
import { fetchPlain } from './plain';

export function haproxy(bench: Bench): Peer {
  const start = async (port: number, { certificateFile, keyFile }: Files, sections: (both: string) => string): Promise<void> => {
    const both = join(bench.folder, `haproxy-${port}.pem`);
    writeFileSync(both, readFileSync(certificateFile, 'utf8') + readFileSync(keyFile, 'utf8'), { mode: 0o600 });
    const config = join(bench.folder, `haproxy-${port}.cfg`);
    writeFileSync(config, `defaults\n mode http\n timeout connect 5s\n timeout client 5s\n timeout server 5s\nfrontend in\n${sections(both)}\n`);
    await new Program(bench, 'haproxy', ['-f', config, '-db']).listensOn(port);
  };
  return {
    name: 'HAProxy',
    takes: ({ bundle }) => bundle !== 'issuer',
    async serve(files) {
      const port = await freePort();
      await start(port, files, (both) => ` bind ${HOST}:${port} ssl crt ${both} ca-file ${files.trustBundleFile} verify required ssl-min-ver TLSv1.3 alpn ${ALPN} proto h1
 http-request return status 200 content-type text/plain string ok`);
      return port;
    },
    async ask(port, files) {
      const plain = await freePort();
      await start(plain, files, (both) => ` bind ${HOST}:${plain}
 default_backend out
backend out
 server out ${HOST}:${port} ssl crt ${both} ca-file ${files.trustBundleFile} verify required sni str(${SERVER_NAME}) ssl-min-ver TLSv1.3 alpn ${ALPN} proto h1`);
      return fetchPlain(plain);
    },
  };
}
