/** Gateways: what clients from outside lose when a pod, a node or a zone goes, and what others may read. */
import type { ListenerInfo, WorkloadInfo } from './info';
import { count, ofWorkloads, Remark, Rule } from './rule';

/** The listeners of a gateway; none of any other workload. */
function gatewayListeners({ document: { listeners } }: WorkloadInfo): ListenerInfo[] {
  return listeners.filter(({ direction, address }) => direction === 'outbound' && address === undefined);
}

/** A rule that looks at gateways one by one. */
function ofGateways(judge: (gateway: WorkloadInfo, listeners: readonly ListenerInfo[]) => Remark | undefined): Rule['find'] {
  return ofWorkloads((workload) => {
    const listeners = gatewayListeners(workload);
    return listeners.length > 0 ? judge(workload, listeners) : undefined;
  });
}

const replicas: Rule = {
  name: 'gateway-replicas',
  severity: 'warning',
  about: 'A gateway may have one pod: all hosts are away while it is replaced, as by the drain of its node.',
  find: ofGateways(({ replicas: pods }) => (pods?.min === 1 ? {
    message: `1 replica${pods.max > 1 ? ' at the least' : ''} - 1 that is replaced = 0 for clients from outside`,
    remedy: 'have 2 replicas or more',
  } : undefined)),
};

const local: Rule = {
  name: 'gateway-zones',
  severity: 'warning',
  about: 'A gateway whose Service has the `externalTrafficPolicy` Local may have fewer pods than there are zones, where those are known: load '
    + 'balancers that send to nodes of a zone find none there.',
  find: ofGateways(({ replicas: pods, zones = 0, keepsTrafficLocal }) => {
    if (!keepsTrafficLocal || !pods || pods.min <= 1 || pods.min >= zones) return undefined;
    return {
      message: `externalTrafficPolicy Local and ${count(pods.min, 'replica')} in ${zones} zones: `
        + `${count(zones - pods.min, 'zone has', 'zones have')} no pod to send to, at the least`,
      remedy: `have ${zones} replicas or more, or use the externalTrafficPolicy Cluster`,
    };
  }),
};

const tls: Rule = {
  name: 'gateway-tls',
  severity: 'warning',
  about: 'A gateway has no certificate, and trusts no proxy in front that could have one: what clients send can be read and changed on its way.',
  find: ofGateways((_, listeners) => (listeners.every(({ tls: ends, tcp, forwarded }) => !ends && !tcp?.readServerName && !forwarded?.trustedHops) ? {
    message: 'clients from outside come by HTTP alone',
    remedy: 'give it a certificate with \'tls\', or say with \'forwarded.trustedHops\' that a proxy in front has one',
  } : undefined)),
};

export const GATEWAY_RULES: readonly Rule[] = [replicas, local, tls];
