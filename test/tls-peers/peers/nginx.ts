/**
 * nginx. As a server, its module for streams has TLS, for the one for HTTP knows no protocol (ALPN) but its own. As a client it names no protocol
 * at all, so a sidecar refuses it.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Bench, HOST, Program } from '../../support/foreign-programs';
import { freePort } from '../../support/ports';
import type { Files } from '../certificates';
import { ALPN, Peer, SERVER_NAME } from '../peer';
import { fetchPlain } from './plain';

export function nginx(bench: Bench): Peer {
  const start = async (port: number, blocks: string): Promise<void> => {
    const config = join(bench.folder, `nginx-${port}.conf`);
    const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${config}-${kind};`).join(' ');
    writeFileSync(config, `load_module /usr/lib/nginx/modules/ngx_stream_module.so;
      daemon off; master_process off; pid ${config}.pid; error_log stderr crit; events {} ${blocks.replace('http {', `http { access_log off; ${paths}`)}`);
    await new Program(bench, 'nginx', ['-c', config]).listensOn(port);
  };
  return {
    name: 'nginx',
    takes: ({ bundle }) => bundle !== 'issuer',
    async serve({ certificateFile, keyFile, trustBundleFile }: Files) {
      const [port, plain] = [await freePort(), await freePort()];
      await start(port, `
        http { server { listen ${HOST}:${plain}; location / { return 200 "ok"; } } }
        stream { server {
          listen ${HOST}:${port} ssl; ssl_alpn ${ALPN}; ssl_protocols TLSv1.3; ssl_certificate ${certificateFile}; ssl_certificate_key ${keyFile};
          ssl_verify_client on; ssl_verify_depth 9; ssl_client_certificate ${trustBundleFile}; proxy_pass ${HOST}:${plain};
        } }`);
      return port;
    },
    async ask(port, { certificateFile, keyFile, trustBundleFile }) {
      const plain = await freePort();
      await start(plain, `http { server { listen ${HOST}:${plain}; location / {
        proxy_pass https://${HOST}:${port}; proxy_ssl_protocols TLSv1.3; proxy_ssl_certificate ${certificateFile}; proxy_ssl_certificate_key ${keyFile};
        proxy_ssl_verify on; proxy_ssl_verify_depth 9; proxy_ssl_name ${SERVER_NAME}; proxy_ssl_trusted_certificate ${trustBundleFile};
      } } }`);
      return fetchPlain(plain);
    },
  };
}
