/** Calls to, and sidecars beside, what speaks something else than its sidecars do. */
import { otherProtocol, spokenWith } from '../app-protocols';
import type { ClusterInfo, ServiceInfo } from './info';
import { appPortOf, takesBytes } from './inbound';
import { serviceOfName } from './objects';
import { ofTargets, ofWorkloads, Remark, Rule } from './rule';

const REMEDIES: Readonly<Record<string, string>> = {
  'TLS': 'say \'protocol: AppProtocol.TLS\' of what is called, and let apps call it by TLS, or, if it is plain HTTP, \'appProtocol: http\' there',
  'gRPC': 'say \'protocol: AppProtocol.GRPC\' of what is called, or, if it is plain HTTP, \'appProtocol: http\' there',
  'HTTP/2': 'say \'protocol: AppProtocol.HTTP2\' of what is called, or, if it is plain HTTP, \'appProtocol: http\' there',
  'HTTP/1.1': 'leave out the \'protocol\' of what is called, or, if it is HTTP/2, say \'appProtocol: kubernetes.io/h2c\' there',
};

const service: Rule = {
  name: 'app-protocol',
  severity: 'error',
  about: 'A call leads to a Service whose `appProtocol` is something else than what sidecars speak with it.',
  find: ({ services = [], ...subject }) => {
    const byName = new Map(services.map((each) => [`${each.namespace}/${each.name}`, each]));
    return ofTargets(({ cluster }): Remark | undefined => {
      const called = calledPort(cluster, byName);
      const protocol = called?.port.appProtocol === undefined ? undefined : otherProtocol(called.port.appProtocol, cluster);
      return called && protocol ? {
        message: `the Service '${called.name}' says 'appProtocol: ${called.port.appProtocol}' of its port ${called.port.port}, which is ${protocol}, and sidecars speak `
          + `${spokenWith(cluster)} with it`,
        remedy: REMEDIES[protocol] ?? 'say \'protocol: AppProtocol.TCP\' of what is called, or, if it is plain HTTP, \'appProtocol: http\' there',
      } : undefined;
    })(subject);
  },
};

const tlsApp: Rule = {
  name: 'app-tls',
  severity: 'error',
  about: 'The kubelet probes an app by HTTPS at the port where its sidecar hands it requests without TLS.',
  find: ofWorkloads((workload): Remark | undefined => {
    const port = appPortOf(workload);
    return port !== undefined && workload.httpsProbes?.includes(port) && !takesBytes(workload) ? {
      message: `the kubelet asks the app by HTTPS at port ${port}, and the sidecar hands it all requests there without TLS`,
      remedy: 'let the app listen without TLS, at a port of its own if need be, and name that in appPort; or, if the app takes both there, leave this rule out',
    } : undefined;
  }),
};

/** The port of a Service that a cluster leads to, if it is known. */
function calledPort({ discovery }: ClusterInfo, services: ReadonlyMap<string, ServiceInfo>): { readonly name: string; readonly port: ServiceInfo['ports'][number] } | undefined {
  const { type, hostname = '', port: number } = discovery;
  const location = type === 'endpointSlice' ? { name: discovery.service, namespace: discovery.namespace } : type === 'dns' ? serviceOfName(hostname) : undefined;
  const found = location && services.get(`${location.namespace}/${location.name}`);
  if (!found) return undefined;
  const portName = discovery.portName ?? /^_([^.]+)\./.exec(hostname)?.[1];
  const byNumber = (wanted: 'port' | 'targetPort') => found.ports.find((each) => each[wanted] === number);
  const port = portName !== undefined ? found.ports.find(({ name }) => name === portName)
    // A headless Service translates no ports: the number is that of the pods.
    : number !== undefined ? (found.headless ? byNumber('targetPort') : undefined) ?? byNumber('port') : found.ports[0];
  return port && { name: `${found.name}.${found.namespace}`, port };
}

export const PROTOCOL_RULES: readonly Rule[] = [service, tlsApp];
