/**
 * `cdk8s-mesh up`: its flags and help. What runs is loaded when it runs, since this file's bundle is also the program of
 * every stand-in, which should start fast and stay small.
 */
import type { Command } from '../command-line/command';
import { OUTSIDE } from './traffic/outside';

export const upCommand: Command = {
  name: 'up',
  summary: 'run synthesized YAML on this machine: real proxies, stand-in apps, traffic on request',
  usage: '[FILE|FOLDER ...] [flags]',
  about: [
    'Runs the mesh of synthesized YAML (default: the folder dist) on this machine, without a cluster: the real proxy for',
    'every replica, an app beside each, and an embedded EndpointSlice API that tells the proxies about each other.',
    'Ctrl-C ends it all. Where flags name a SERVICE, SERVICE@VERSION names one version of it; in SERVICE=..., * names all others.',
  ].join('\n'),
  flags: {
    run: { value: 'SERVICE=COMMAND', many: true, help: 'your own program in place of the stand-in app; it gets PORT, HOST, the container\'s env, and <CALLEE>_URL for each service it calls' },
    latency: { value: 'SERVICE=TIME', many: true, help: 'how long its stand-ins take: 20ms, 1.5s, 10ms..40ms (anything between), ~20ms (exponential)' },
    fail: { value: 'SERVICE=SHARE', many: true, help: 'share of requests that its stand-ins answer with 500: 1% or 0.01' },
    only: { value: 'SERVICE,SERVICE', help: 'run these services alone; who calls others gets 503' },
    replicas: { value: 'SERVICE=COUNT', many: true, help: 'pods of each version, in place of what the YAML says: catalog=5, or *=1 for all' },
    zones: { value: 'A,B,C', help: 'zones that pods are given in turn; default one zone, \'local\'' },
    page: { help: 'serve a live page on 127.0.0.1: who calls whom and how that goes, with buttons to do harm; without --rps and --run, 20 requests a second are sent along each call' },
    report: { value: 'FILE', help: 'write an HTML page about the run when it ends: call graph, rates, errors and latency over time, and what happened' },
    rps: { value: 'RATE', help: 'drive traffic: this many requests a second' },
    to: { value: 'SERVICE', help: 'who is called' },
    from: { value: 'SERVICE', help: `who calls: a service, through its own sidecars, or '${OUTSIDE}' (the default)` },
    path: { value: 'PATH', help: 'path of the requests; default /' },
    duration: { value: 'TIME', help: 'end after this long: 10s, 2m, 500ms, 1h30m, or 10 (seconds); with traffic there is a report. Default: until Ctrl-C' },
    expose: { value: 'SERVICE=PORT', many: true, help: 'take connections on this port of 127.0.0.1 and pass each to a pod behind the Service, as a load balancer would; SERVICE:443=PORT for one of several ports' },
    certificate: { value: 'SECRET=FILE,FILE', many: true, help: 'your own certificate and its key, in PEM form, in place of the Secret; default: one by an authority of this run' },
    watch: { help: 'apply changes of the YAML while it runs: configuration, Services, replicas' },
    'no-restart': { help: 'leave pods that die dead' },
    addresses: { value: 'HOW', help: 'per-pod: an address of 127.0.0.0/8 for each pod; shared: free ports of 127.0.0.1; default: per-pod where the system can' },
    verbose: { help: 'print every line that proxies and apps write, and every mapping' },
  },
  examples: [
    'cdk8s-mesh up dist/',
    'cdk8s-mesh up dist/ --page --zones a,b,c',
    'cdk8s-mesh up dist/ --from web --to catalog --rps 200 --duration 30s',
    "cdk8s-mesh up dist/ --only web,catalog --replicas '*=1' --duration 10s",
    'cdk8s-mesh up dist/ --latency catalog@v2=10ms..40ms --fail cart=1%',
    "cdk8s-mesh up dist/ --run catalog='node server.js'",
  ],
  run: async (args) => (await import('./run')).up(args),
};
