/** Go's crypto/tls. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Bench, HOST, Program } from '../../support/foreign-programs';
import { freePort } from '../../support/ports';
import { Peer, SERVER_NAME } from '../peer';

export function go(bench: Bench): Peer {
  const program = join(bench.folder, 'peer-go');
  if (!existsSync(program)) {
    execFileSync('go', ['build', '-o', program, join(__dirname, '../programs/peer.go')], { env: { ...process.env, GO111MODULE: 'off' }, stdio: ['ignore', 'pipe', 'inherit'] });
  }
  return {
    name: 'Go',
    takes: () => true,
    async serve({ certificateFile, keyFile, trustBundleFile }) {
      const port = await freePort();
      await new Program(bench, program, ['serve', `${HOST}:${port}`, certificateFile, keyFile, trustBundleFile, '']).says(/listening/);
      return port;
    },
    ask: (port, { certificateFile, keyFile, trustBundleFile }) => (
      new Program(bench, program, ['ask', `${HOST}:${port}`, certificateFile, keyFile, trustBundleFile, SERVER_NAME]).ends()),
  };
}
