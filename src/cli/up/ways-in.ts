/** What is said of the ways from outside to services: their URLs, for which hosts, and how curl gets there by TLS. */
import { isOfGateway } from '../../contract';
import { isNamed } from '../model/named-workloads';
import type { MeshModel } from '../model/model';
import type { LocalMesh } from './local-mesh';
import type { PortForward } from './traffic/port-forward';

/** Hosts of a gateway that are named. */
const SHOWN_HOSTS = 5;

/** A line for each way in, and one for curl below those that need one. */
export function waysIn(forwards: readonly PortForward[], { model, certificates }: Pick<LocalMesh, 'model' | 'certificates'>): string[] {
  return forwards.flatMap((forward) => {
    const { service, front, url } = forward;
    if (front?.listener?.httpsRedirect) return [`${service} redirects ${url} to HTTPS`];
    return [`${service} answers on ${url}${hostsInWords(model, service)}`, ...forward.flow.isSecure ? [`  ${curlOf(forward, certificates?.authorityFile)}`] : []];
  });
}

/** ` for the hosts shop.example.com, *.example.org`: what a gateway has routes for. */
function hostsInWords({ workloads }: MeshModel, name: string): string {
  const gateway = workloads.find((workload) => isNamed(workload, name))?.config.listeners.find(isOfGateway);
  const hosts = new Set(gateway?.routes.flatMap(({ matches = [] }) => matches).flatMap(({ hosts: some = [] }) => some));
  return hosts.size === 0 ? '' : ` for ${hosts.size === 1 ? 'host' : 'the hosts'} ${[...hosts].slice(0, SHOWN_HOSTS).join(', ')}${hosts.size > SHOWN_HOSTS ? ', ...' : ''}`;
}

/** The command that reaches the first host, and trusts the authority if the run has one. */
function curlOf({ flow: { host }, port }: PortForward, authorityFile: string | undefined): string {
  const trust = authorityFile === undefined ? '' : `--cacert ${authorityFile} `;
  return `curl ${trust}--resolve ${host}:${port}:127.0.0.1 https://${host}:${port}/`;
}
