/**
 * What the proxy learns from the process it runs in: flags, and the environment that the pod's specification fills.
 */
import { existsSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { parseArgs } from 'node:util';
import { CONFIG_PATH, ENV_CONFIG, ENV_HOSTS_FILE, ENV_MEMORY_LIMIT, ENV_NODE_IP, ENV_POD_IPS, ENV_POD_NAME, ENV_REDIRECTED_PORTS, ENV_STATE_DIR, STATE_DIR } from '../../contract';

export interface Environment {
  /** Path of the configuration document. */
  readonly configPath: string;
  /** Name of the pod; undefined outside of one. */
  readonly pod: string | undefined;
  /** The pod's own addresses, the preferred one first; empty when unknown. */
  readonly podIps: readonly string[];
  /** How often the process has died before in this container, and of what the last time. */
  readonly deaths: number;
  readonly lastDeath: string | undefined;
  /** The address of the pod's node; undefined when unknown. */
  readonly nodeIp: string | undefined;
  /** What listeners without an address bind: the pod's addresses, or all of this host's. */
  readonly bindAddresses: readonly string[];
  /** Memory that the container may have, 0 for any; undefined when nobody says. */
  readonly memoryLimitBytes: number | undefined;
  /** Folder for what outlives the process; undefined when there is none. */
  readonly stateDir: string | undefined;
  /** Hosts file of the app's containers; undefined when the proxy keeps none. */
  readonly hostsFile: string | undefined;
  /** The port that outbound listeners bind in place of one that the pod redirects. */
  readonly redirectedPorts: ReadonlyMap<number, number>;
}

/** Set by the supervisor of the image (image/supervisor.c). */
const ENV_DEATHS = 'MESH_DEATHS';
const ENV_LAST_DEATH = 'MESH_LAST_DEATH';

/** @throws TypeError in the user's words when the flags or a variable are wrong */
export function readEnvironment(
  args: readonly string[], env: Readonly<Record<string, string | undefined>>, isThere: (path: string) => boolean = existsSync,
): Environment {
  const { values } = parseArgs({ args: [...args], options: { config: { type: 'string' } }, allowPositionals: false });
  const podIps = (env[ENV_POD_IPS] ?? '').split(',').map((address) => address.trim()).filter((address) => address !== '');
  return {
    configPath: values.config ?? env[ENV_CONFIG] ?? CONFIG_PATH,
    pod: env[ENV_POD_NAME],
    podIps,
    nodeIp: env[ENV_NODE_IP] || undefined,
    memoryLimitBytes: readBytes(ENV_MEMORY_LIMIT, env[ENV_MEMORY_LIMIT]),
    stateDir: env[ENV_STATE_DIR] || (isThere(STATE_DIR) ? STATE_DIR : undefined),
    hostsFile: env[ENV_HOSTS_FILE] || undefined,
    redirectedPorts: readRedirections(env[ENV_REDIRECTED_PORTS]),
    deaths: Number(env[ENV_DEATHS] ?? 0) || 0,
    lastDeath: env[ENV_LAST_DEATH],
    bindAddresses: podIps.length > 0 ? podIps : [hasIpv6() ? '::' : '0.0.0.0'],
  };
}

function readBytes(name: string, text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined;
  if (!/^\d{1,16}$/.test(text)) throw new TypeError(`the variable ${name} is '${text}'; give a number of bytes, or 0 for no limit`);
  return Number(text);
}

/** `9080:15200,9090:15201`. */
function readRedirections(text: string | undefined): ReadonlyMap<number, number> {
  return new Map((text ?? '').split(',').filter((pair) => pair !== '').map((pair) => {
    const [, from, to] = /^(\d{1,5}):(\d{1,5})$/.exec(pair) ?? [];
    if (!isPort(Number(from)) || !isPort(Number(to))) {
      throw new TypeError(`the variable ${ENV_REDIRECTED_PORTS} has '${pair}'; give pairs of ports from 1 to 65535, such as 9080:15200,9090:15201`);
    }
    return [Number(from), Number(to)] as const;
  }));
}

function isPort(value: number): boolean {
  return value >= 1 && value <= 65_535;
}

function hasIpv6(): boolean {
  return Object.values(networkInterfaces()).some((addresses) => addresses?.some(({ family }) => family === 'IPv6'));
}
