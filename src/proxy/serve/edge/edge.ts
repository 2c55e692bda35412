/**
 * What a listener does at the edge of the mesh, compiled from its configuration. One object a listener; undefined for one that has
 * nothing of it, so that a request of the mesh costs one look.
 */
import type { ResolvedListener } from '../../../contract';
import { Networks } from '../../net/ip-address';
import type { CertificateSet } from '../../tls/certificate-set';
import type { TlsSettings } from '../../tls/handshakes';
import { BrowserRules } from './browser-rules';
import { ClientRules } from './client-rules';
import { ForwardedFields } from './forwarded-fields';

export class Edge {
  readonly forwarded: ForwardedFields | undefined;
  /** Those by which a request for another host is told; undefined when any host may come by any connection. */
  readonly certificates: CertificateSet | undefined;

  /** Whose connections begin with a PROXY header; undefined: nobody's. */
  readonly proxyHeaderFrom: Networks | undefined;

  /** What browsers are told; undefined: nothing. */
  readonly browsers: BrowserRules | undefined;
  /** Who is let in; undefined: all. */
  readonly clients: ClientRules | undefined;
  /** A connection is all of one client, whose address is known from its beginning. */
  readonly knowsConnections: boolean;

  /** @param onLimit hears of a limit that was reached */
  constructor(
    config: ResolvedListener, readonly tls: TlsSettings | undefined, readonly parts: string, onLimit: (limit: string) => void,
  ) {
    const { forwarded, proxyProtocol, clients } = config;
    const { httpsRedirect, hsts, cors, errorPages } = config;
    this.browsers = httpsRedirect || hsts || cors || errorPages ? new BrowserRules(config) : undefined;
    this.clients = clients && new ClientRules(clients, onLimit);
    this.knowsConnections = (forwarded?.trustedHops ?? 0) === 0;
    this.forwarded = forwarded && new ForwardedFields(forwarded);
    this.proxyHeaderFrom = proxyProtocol && new Networks(proxyProtocol.from);
    this.certificates = tls?.requireHostMatch ? tls.certificates : undefined;
  }

  /** The address of a connection is not what the client's is told by alone. */
  get namesClients(): boolean { return this.forwarded !== undefined || this.proxyHeaderFrom !== undefined || this.clients !== undefined; }
}

/** What of a listener's configuration is of the edge. */
function partsOf({ forwarded, proxyProtocol, clients, httpsRedirect, hsts, cors, errorPages }: ResolvedListener): object {
  return { forwarded, proxyProtocol, clients, httpsRedirect, hsts, cors, errorPages };
}

/** The edge of a listener: the one that it has, with what that knows of its clients, when nothing has changed. */
export function edgeOf(
  config: ResolvedListener, tls: TlsSettings | undefined, present: Edge | undefined, onLimit: (limit: string) => void,
): Edge | undefined {
  const parts = JSON.stringify(partsOf(config));
  if (parts === '{}' && !tls?.requireHostMatch) return undefined;
  return present?.tls === tls && present?.parts === parts ? present : new Edge(config, tls, parts, onLimit);
}
