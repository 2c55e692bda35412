#!/usr/bin/env node
// A stand-in for kubectl, for the API server that the file of --kubeconfig names: `get pods` and `port-forward pod/X :PORT`.
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:net';

const args = process.argv.slice(2);
const valueOf = (flag) => (args.includes(flag) ? args[args.indexOf(flag) + 1] : undefined);
const { port } = JSON.parse(readFileSync(valueOf('--kubeconfig') ?? process.env.KUBECONFIG, 'utf8'));
const pods = args.includes('--all-namespaces') ? '/api/v1/pods' : `/api/v1/namespaces/${valueOf('--namespace') ?? 'default'}/pods`;
if (args.includes('get')) {
  request({ port, path: pods }, (response) => response.pipe(process.stdout)).end();
} else {
  const pod = args.find((arg) => arg.startsWith('pod/')).slice('pod/'.length);
  const remote = args.at(-1).slice(1);
  const open = (onOpen, onRefused) => {
    const asking = request({ port, method: 'POST', path: `${pods}/${pod}/portforward?ports=${remote}`, headers: { connection: 'upgrade', upgrade: 'fake' } });
    asking.on('upgrade', (_response, socket) => onOpen(socket)).on('response', onRefused).on('error', onRefused).end();
  };
  // The real one finds out before it says that it forwards.
  open((first) => {
    first.destroy();
    const server = createServer((client) => open((tunnel) => {
      client.pipe(tunnel).pipe(client);
      for (const socket of [client, tunnel]) socket.on('error', () => { client.destroy(); tunnel.destroy(); });
    }, () => client.destroy()));
    server.listen(0, '127.0.0.1', () => process.stdout.write(`Forwarding from 127.0.0.1:${server.address().port} -> ${remote}\n`));
  }, () => {
    process.stderr.write(`Error from server (NotFound): pods "${pod}" not found\n`);
    process.exit(1);
  });
}
