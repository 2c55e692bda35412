/** The proxy as the sidecar of a caller, alone or before that of the callee; all of it speaks HTTP/2. */
import { idOf, MountedIdentity, TestAuthority } from '../support/identities';
import { startProxy, TestProxy, TestProxyOptions } from '../support/proxy';

const authority = new TestAuthority();
const HTTP2: TestProxyOptions = { protocol: 'http2', cluster: { protocol: 'http2' }, route: { timeoutMs: 0 } };

type Cleanups = (() => unknown)[];

/** The sidecar of the caller, before an app at this port. */
export async function oneSidecar(cleanups: Cleanups, port: number, { cluster, ...options }: TestProxyOptions = {}): Promise<TestProxy> {
  const test = await startProxy([port], { ...HTTP2, ...options, cluster: { ...HTTP2.cluster, ...cluster } });
  cleanups.push(() => test.proxy.close());
  return test;
}

/** Those of caller and callee, with mutual TLS between them. Returns the one that is asked. */
export async function twoSidecars(cleanups: Cleanups, port: number, options: TestProxyOptions = {}): Promise<TestProxy> {
  const identity = (service: string): NonNullable<TestProxyOptions['identity']> => {
    const mounted = new MountedIdentity(authority.leaf(service), authority.root.certificate);
    cleanups.push(() => mounted.remove());
    return mounted.config;
  };
  const inbound = await oneSidecar(cleanups, port, { ...options, direction: 'inbound', service: 'catalog', seed: 2, identity: identity('catalog'), mutualTls: {} });
  return oneSidecar(cleanups, inbound.port, { ...options, identity: identity('web'), cluster: { mutualTls: { serverIds: [idOf('catalog')] } } });
}

/** Both, for suites that hold for either. */
export const SIDECARS = [['one sidecar', oneSidecar], ['two sidecars', twoSidecars]] as const;
