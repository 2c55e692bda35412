/**
 * One check of one endpoint, on a connection of its own: it then also shows that the endpoint accepts connections, which
 * one that is kept open does not, and takes none from requests. The price is a connection per check; the endpoint closes
 * it, as it is asked to, or the check does.
 *
 * The endpoint's address and port are those that requests go to. In the mesh that is the sidecar of the pod, which passes
 * a check of HTTP or gRPC on to the app: it passes when both work. A TCP check to a sidecar shows only that the sidecar runs,
 * but for one in a cluster of TCP by mutual TLS (tcp-probe.ts).
 *
 * An HTTP check asks as callers do, by the version of HTTP and by the Host that they use: many frameworks turn away hosts that they don't know.
 */
import type { ResolvedCluster, ResolvedHealthCheck } from '../../../contract';
import { INCOMPLETE } from '../../http1/fault';
import { foreignResponse } from '../../http1/foreign-protocol';
import { HeadBuffer } from '../../http1/head-buffer';
import { open, Probe } from './conversation';
import { grpcProbe } from './grpc-probe';
import { head, headOf, judge, LIMITS } from './http-check';
import { http2Probe } from './http2-probe';
import { tcpProbe } from './tcp-probe';

/** @param protocol what the endpoints speak */
export function probeOf(check: ResolvedHealthCheck, protocol: ResolvedCluster['protocol'], now: () => number): Probe {
  switch (check.type) {
    case 'tcp': return tcpProbe(protocol);
    case 'grpc': return grpcProbe(check, now);
    default: return protocol === 'http2' ? http2Probe(check, now) : httpProbe(check);
  }
}

function httpProbe(check: Extract<ResolvedHealthCheck, { readonly type: 'http' }>): Probe {
  const { path } = check;
  return (target, onVerdict) => open(target, 'http1', (end) => {
    const heads = new HeadBuffer(false);
    return {
      onConnect: (socket) => { socket.write(`${headOf(check, target.key)}connection: close\r\n\r\n`, 'latin1'); },
      onBytes: (bytes) => {
        for (let from = 0; from < bytes.length;) {
          const wrong = heads.feed(bytes, from, head, LIMITS);
          if (wrong === INCOMPLETE) return;
          if (wrong) {
            const { detail } = foreignResponse(heads.buffer, heads.start, heads.end) ?? wrong;
            return end({ passed: false, why: `GET ${path} was answered with what is not HTTP/1.1: ${detail}` });
          }
          if (!head.interim || head.status === 101) return end(judge(check, heads.buffer));
          bytes = heads.buffer;
          from = heads.end;
        }
      },
    };
  }, onVerdict);
}
