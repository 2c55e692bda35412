/**
 * Checks by a connection: it passes when the endpoint accepts it. Between sidecars that carry TCP by mutual TLS, the callee's says whether its app
 * is there (../tcp/greeting.ts), and that decides. An endpoint that expects a header of the PROXY protocol gets one without an address.
 */
import type { ResolvedCluster } from '../../../contract';
import { LOCAL_HEADER } from '../../net/proxy-protocol';
import { SidecarSecurity } from '../../tls/sidecar-security';
import { readGreeting } from '../tcp/greeting';
import { open, Probe } from './conversation';
import { PASSED } from './http-check';

export function tcpProbe(protocol: ResolvedCluster['protocol']): Probe {
  return (target, onVerdict) => open(target, protocol, (end) => ({
    onConnect: (socket) => {
      if (target.proxyProtocol) socket.write(LOCAL_HEADER);
      if (protocol !== 'tcp' || !(target.security instanceof SidecarSecurity)) end(PASSED);
    },
    onBytes: (bytes) => {
      const refused = readGreeting(bytes[0]!);
      end(refused ? { passed: false, why: `the sidecar there has no connection to its app: ${refused.code}` } : PASSED);
    },
  }), onVerdict);
}
