/** Java's JSSE. Its program reads keys of elliptic curves in PKCS#8 only, for Java itself reads no PEM. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Bench, Program } from '../../support/foreign-programs';
import { freePort } from '../../support/ports';
import type { Files } from '../certificates';
import type { Peer } from '../peer';

export function java(bench: Bench): Peer {
  if (!existsSync(join(bench.folder, 'Peer.class'))) execFileSync('javac', ['-d', bench.folder, join(__dirname, '../programs/Peer.java')], { stdio: ['ignore', 'pipe', 'inherit'] });
  const run = (mode: string, port: number, { certificateFile, keyFile, trustBundleFile }: Files): Program => (
    new Program(bench, 'java', ['-XX:TieredStopAtLevel=1', '-cp', bench.folder, 'Peer', mode, String(port), certificateFile, keyFile, trustBundleFile]));
  return {
    name: 'Java',
    takes: ({ key, keyEncoding }) => key.includes('EC') && keyEncoding === 'pkcs8',
    async serve(files) {
      const port = await freePort();
      await run('serve', port, files).says(/listening/);
      return port;
    },
    ask: (port, files) => run('ask', port, files).ends(),
  };
}
