/**
 * How TLS for clients from outside is checked and gets into the Service and the document. It has a port of its own, so that
 * callers in the mesh, who come without TLS, see no change.
 */
import { Construct } from 'constructs';
import {
  DEFAULT_TLS, INBOUND_TLS_LISTENER, INBOUND_TLS_PORT_NAME, ListenerConfig, TLS_CERTIFICATE_FILE, TLS_DIR, TLS_KEY_FILE, TLS_VOLUME,
} from '../../contract';
import * as kplus from '../kubernetes/kplus';
import { NAME_RULES } from '../props/name-rules';
import { ValidationErrors } from '../props/validation-errors';
import { TlsOptions, TlsVersion } from './tls-options';

const OPTIONS = { secret: true, port: true, portName: true, nodePort: true, minimumVersion: true } as const satisfies Record<keyof TlsOptions, true>;

/** A port at which a service is called. */
interface Port {
  readonly port: number;
  readonly name: string;
}

/** The port of the service that has TLS, with its defaults. */
export function tlsPort(tls: TlsOptions): Port & { readonly nodePort?: number; readonly tls: true } {
  return { port: tls.port ?? 443, name: tls.portName ?? 'https', nodePort: tls.nodePort, tls: true };
}

/** Checks the options beside the port without TLS. */
export function checkTls(errors: ValidationErrors, prop: string, tls: TlsOptions, plain: Port, ownNamespace: string): void {
  errors.unknownProps(tls, OPTIONS, `${prop}.`);
  const { port, name } = tlsPort(tls);
  const { secret } = tls;
  const namespace = (secret as Partial<kplus.Secret> | undefined)?.metadata?.namespace;
  if (typeof secret?.name !== 'string') {
    errors.add(`${prop}.secret`, secret, 'give a Secret of cdk8s-plus, such as Secret.fromSecretName(this, \'tls\', \'shop-tls\')');
  } else if (errors.name(`${prop}.secret`, secret.name, NAME_RULES.subdomain) && namespace !== undefined && namespace !== ownNamespace) {
    errors.add(`${prop}.secret`, secret.name, `it is in namespace '${namespace}', and pods can mount those of their own, '${ownNamespace}', only`);
  }
  if (errors.port(`${prop}.port`, port) && port === plain.port) {
    errors.add(`${prop}.port`, port, 'at this port the service is called without TLS; choose another for one of them');
  }
  if (errors.name(`${prop}.portName`, name, NAME_RULES.label) && name === plain.name) {
    errors.add(`${prop}.portName`, name, 'the port without TLS has this name; choose another for one of them');
  }
  if (tls.minimumVersion !== undefined && !Object.values(TlsVersion).includes(tls.minimumVersion)) {
    errors.add(`${prop}.minimumVersion`, tls.minimumVersion, 'use TlsVersion.TLS_1_2 or TlsVersion.TLS_1_3');
  }
}

/** The listener for TLS clients. Apart from TLS it is like the other one. */
export function tlsListener(tls: TlsOptions, port: number, plain: ListenerConfig): ListenerConfig {
  const { minimumVersion = DEFAULT_TLS.minimumVersion } = tls;
  return {
    ...plain,
    name: INBOUND_TLS_LISTENER,
    port,
    // The handshake agrees on the version of HTTP, whichever the app speaks.
    protocol: plain.protocol === 'tcp' ? 'tcp' : 'alpn',
    tls: {
      certificates: [{ certificateFile: TLS_CERTIFICATE_FILE, keyFile: TLS_KEY_FILE }],
      ...(minimumVersion !== DEFAULT_TLS.minimumVersion && { minimumVersion }),
    },
  };
}

/** Has the sidecar listen for TLS, and see of the Secret what it needs for that. Nothing happens without TLS. */
export function takeTls(scope: Construct, sidecar: kplus.Container, port: number, tls: TlsOptions | undefined): void {
  if (!tls) {
    return;
  }
  sidecar.addPort({ number: port, name: INBOUND_TLS_PORT_NAME });
  sidecar.mount(TLS_DIR, kplus.Volume.fromSecret(scope, 'TlsVolume', tls.secret, {
    name: TLS_VOLUME,
    items: { 'tls.crt': { path: 'tls.crt' }, 'tls.key': { path: 'tls.key' } },
  }), { readOnly: true });
}
