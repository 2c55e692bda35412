import type { Flag } from '../command-line/command';

/** Flags of commands that can look at a Prometheus. `--namespace` is that of the cluster's flags. */
export const PROMETHEUS_FLAGS = {
  'prometheus': { value: 'URL', help: 'look at what this Prometheus has scraped, such as http://127.0.0.1:9090, in place of the sidecars' },
  'prometheus-token-file': { value: 'FILE', help: 'file with the bearer token for the Prometheus' },
} as const satisfies Readonly<Record<string, Flag>>;
