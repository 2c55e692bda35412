/** Where a real process group listens, by what the system tells. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { listeningAddresses } from '../../../src/cli/up/listening';

test('a group listens where its processes do, those that they started too', async () => {
  const program = `
    const { createServer } = require('node:net');
    const { spawn } = require('node:child_process');
    const listen = (host) => createServer().listen(0, host, function () { console.log(JSON.stringify({ address: host, port: this.address().port })); });
    for (const host of process.argv.slice(1)) listen(host);
    if (process.argv.length > 2) spawn(process.execPath, ['-e', process.env.PROGRAM, '127.1.2.3'], { stdio: 'inherit' });
  `;
  const leader = spawn(process.execPath, ['-e', program, '127.0.0.1', '::1', '::'], { detached: true, stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, PROGRAM: program } });
  const stranger = spawn(process.execPath, ['-e', program, '127.0.0.1'], { detached: true, stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    let text = '';
    leader.stdout.on('data', (chunk: Buffer) => { text += chunk.toString(); });
    while (text.split('\n').length < 5) await once(leader.stdout, 'data');
    await once(stranger.stdout, 'data');
    const told = text.trim().split('\n').map((line) => JSON.parse(line) as { address: string; port: number });
    expect(listeningAddresses(leader.pid!)).toEqual(told.sort((a, b) => a.port - b.port));
  } finally {
    process.kill(-leader.pid!, 'SIGKILL');
    process.kill(-stranger.pid!, 'SIGKILL');
  }
});
