/**
 * `cdk8s-mesh stand-in`: one stand-in app in a process. `up` starts one for every pod and steers it through the channel
 * that it opens; by hand it is a server for trying things out.
 */
import { Arguments, Command } from '../command-line/command';
import { UserError } from '../command-line/errors';
import { Behaviour, parseLatency, parseRate, PROMPT } from './behaviour';
import { OpenedStandIn } from './opened';

/** What `up` sends to a running stand-in. */
export interface BehaveMessage {
  readonly type: 'behave';
  readonly behaviour: Behaviour;
}

export const standInCommand: Command = {
  name: 'stand-in',
  summary: 'an app that answers with who it is, with adjustable latency and failures',
  usage: '[flags]',
  about: 'Serves HTTP and answers every request with its service, version, pod and the request\'s fields, as JSON. With --http2 it answers gRPC calls of any method, too, by a message with that text. With --tcp or --tls it takes connections in place of requests.',
  flags: {
    host: { value: 'ADDRESS', help: 'address to listen on; default $HOST, else 127.0.0.1' },
    port: { value: 'PORT', help: 'port to listen on; default $PORT, else 8080' },
    http2: { help: 'speak HTTP/2 by prior knowledge, and gRPC, in place of HTTP/1.1' },
    tcp: { help: 'take connections of TCP in place of requests: say who it is in a line of JSON, then send back what comes' },
    tls: { help: 'the same by TLS, with a certificate that it makes for itself' },
    service: { value: 'NAME', help: 'service that it says it is; default \'stand-in\'' },
    version: { value: 'NAME', help: 'version that it says it is; default \'v1\'' },
    pod: { value: 'NAME', help: 'pod that it says it is; default $POD_NAME, else \'local\'' },
    latency: { value: 'TIME', help: 'how long answers take: 20ms, 10ms..40ms (anything between), ~20ms (exponential)' },
    fail: { value: 'SHARE', help: 'share of requests answered with 500, or of connections reset: 1% or 0.01' },
  },
  examples: ['cdk8s-mesh stand-in --port 9000 --latency 10ms..40ms --fail 1%'],
  run: serve,
};

async function serve(args: Arguments): Promise<number> {
  if (args.positionals.length > 0) throw new UserError(`stand-in takes no argument, got '${args.positionals[0]}'`);
  let behaviour: Behaviour = {
    latency: args.has('latency') ? parseLatency(args.text('latency')!) : PROMPT.latency,
    failureRate: args.has('fail') ? parseRate(args.text('fail')!) : PROMPT.failureRate,
  };
  const host = args.text('host') ?? process.env['HOST'] ?? '127.0.0.1';
  const port = args.number('port', { min: 0, max: 65_535 }) ?? Number(process.env['PORT'] ?? 8080);
  const identity = {
    service: args.text('service') ?? 'stand-in',
    version: args.text('version') ?? 'v1',
    pod: args.text('pod') ?? process.env['POD_NAME'] ?? 'local',
  };

  const said = (['tcp', 'tls', 'http2'] as const).filter((flag) => args.has(flag));
  if (said.length > 1) throw new UserError(`--${said.join(' and --')} ${said.length === 2 ? 'both' : 'all'} say what it speaks; use one of them`);
  const [speaks = 'http1'] = said;
  const standIn = await OpenedStandIn.open(identity, speaks, { host, port }, () => behaviour);
  const bound = standIn.address;
  console.log(`${identity.service} ${identity.version} stands in on ${speaks === 'tcp' || speaks === 'tls' ? speaks : 'http'}://${bound.address}:${bound.port}`);

  process.on('message', (message: BehaveMessage) => {
    if (message.type === 'behave') behaviour = message.behaviour;
  });
  // The process that started it is gone.
  process.on('disconnect', () => process.exit(0));
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void standIn.close().then(resolve));
  });
  // An open channel would keep the process alive.
  if (process.connected) process.disconnect();
  return 0;
}
