/**
 * What the proxy learns from the process it runs in: flags, and the environment that the pod's specification fills.
 */
import { networkInterfaces } from 'node:os';
import { parseArgs } from 'node:util';
import { CONFIG_PATH, ENV_CONFIG, ENV_POD_IPS, ENV_POD_NAME } from '../contract';

export interface Environment {
  /** Path of the configuration document. */
  readonly configPath: string;
  /** Name of the pod; undefined outside of one. */
  readonly pod: string | undefined;
  /** The pod's own addresses, the preferred one first; empty when unknown. */
  readonly podIps: readonly string[];
  /** What listeners without an address bind: the pod's addresses, or all of this host's. */
  readonly bindAddresses: readonly string[];
}

/** @throws TypeError in the user's words when the flags are wrong */
export function readEnvironment(args: readonly string[], env: Readonly<Record<string, string | undefined>>): Environment {
  const { values } = parseArgs({ args: [...args], options: { config: { type: 'string' } }, allowPositionals: false });
  const podIps = (env[ENV_POD_IPS] ?? '').split(',').map((address) => address.trim()).filter((address) => address !== '');
  return {
    configPath: values.config ?? env[ENV_CONFIG] ?? CONFIG_PATH,
    pod: env[ENV_POD_NAME],
    podIps,
    bindAddresses: podIps.length > 0 ? podIps : [hasIpv6() ? '::' : '0.0.0.0'],
  };
}

function hasIpv6(): boolean {
  return Object.values(networkInterfaces()).some((addresses) => addresses?.some(({ family }) => family === 'IPv6'));
}
