#!/usr/bin/env node
// A stand-in for kubectl: `get pods` prints the file that --kubeconfig names, `port-forward pod/X :PORT` leads to the port of X there.
import { readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';

const args = process.argv.slice(2);
const { pods, ports } = JSON.parse(readFileSync(args[args.indexOf('--kubeconfig') + 1], 'utf8'));
if (args.includes('get')) {
  const namespace = args.includes('--namespace') ? args[args.indexOf('--namespace') + 1] : undefined;
  const items = pods.filter((pod) => args.includes('--all-namespaces') || pod.metadata.namespace === (namespace ?? 'default'));
  process.stdout.write(JSON.stringify({ items }));
} else {
  const pod = args.find((arg) => arg.startsWith('pod/')).slice('pod/'.length);
  const port = args.at(-1).slice(1);
  if (ports[pod] === undefined) {
    process.stderr.write(`Error from server (NotFound): pods "${pod}" not found\n`);
    process.exit(1);
  }
  const server = createServer((client) => {
    const admin = connect(ports[pod], '127.0.0.1');
    client.pipe(admin).pipe(client);
    for (const socket of [client, admin]) socket.on('error', () => { client.destroy(); admin.destroy(); });
  });
  server.listen(0, '127.0.0.1', () => process.stdout.write(`Forwarding from 127.0.0.1:${server.address().port} -> ${port}\n`));
}
