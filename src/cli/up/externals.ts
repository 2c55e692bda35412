/**
 * What is outside of the mesh and reached by TLS. Where the YAML has all files that a caller needs, or none is needed, its proxy calls the real
 * address. Otherwise a stand-in takes its place: it has a certificate of an authority that the run makes, and asks for a client's where the YAML
 * shows one.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { Credentials, issueForHost, Issuer, makeIssuer, makeRoot } from '../../authority';
import { ClusterConfig, parseAddress, UPSTREAM_TLS_DIR, UpstreamTlsConfig } from '../../contract';
import type { MeshModel } from '../model/model';
import { PROMPT } from '../stand-in/behaviour';
import { StandIn } from '../stand-in/server';
import { TcpStandIn } from '../stand-in/tcp-server';

/** Longer than a run: its certificates are not renewed. */
const LIFETIME_MS = 365 * 86_400_000;
const MOUNTED = new RegExp(`^${UPSTREAM_TLS_DIR}/(configmap|secret)s/([^/]+)/([^/]+)$`);
const FILES = ['trustBundleFile', 'certificateFile', 'keyFile'] as const;

interface Authority {
  readonly root: Issuer;
  readonly issuer: Issuer;
}

export class Externals {
  /** What takes the place of clusters, by the namespace of the caller and their name. */
  private readonly mapped = new Map<string, Pick<ClusterConfig, 'discovery' | 'tls'>>();
  private readonly standIns = new Map<string, StandIn | TcpStandIn>();
  private authority: Authority | undefined;

  /**
   * @param folder made when there are files
   * @param host   address that stand-ins listen at
   */
  constructor(private readonly folder: string, private readonly host: string) {}

  /**
   * Writes the files of the model's clusters and starts stand-ins for those that can't be had; what is there already stays.
   *
   * @returns in words, what is not the real thing
   */
  async prepare(model: Pick<MeshModel, 'workloads' | 'secrets' | 'configMaps'>): Promise<string[]> {
    const notices: string[] = [];
    for (const { namespace, config } of model.workloads) {
      for (const cluster of config.clusters) {
        const { tls, name } = cluster;
        const key = `${namespace} ${name}`;
        if (!tls) continue;
        const named = FILES.flatMap((field) => (tls[field] === undefined ? [] : [{ field, path: tls[field] }]));
        const contents = named.map((file) => ({ ...file, text: contentOf(file.path, namespace, model) }));
        const missing = contents.find(({ text }) => text === undefined);
        if (!missing) {
          this.mapped.set(key, { discovery: cluster.discovery, tls: { ...tls, ...this.written(namespace, contents) } });
        } else if (!this.standIns.has(key)) {
          this.mapped.set(key, await this.standIn(key, namespace, name, tls, cluster.protocol));
          notices.push(`'${missing.path}', for the TLS of '${name}', is of nothing in the files; a stand-in with a certificate of its own takes the place of '${name}'`);
        }
      }
    }
    return notices;
  }

  /** A cluster as a pod of a namespace has it here. */
  of(namespace: string, cluster: ClusterConfig): ClusterConfig {
    const mapped = this.mapped.get(`${namespace} ${cluster.name}`);
    return cluster.tls && mapped ? { ...cluster, ...mapped } : cluster;
  }

  async close(): Promise<void> {
    await Promise.all([...this.standIns.values()].map((standIn) => standIn.close()));
  }

  private written(
    namespace: string, contents: readonly { readonly field: (typeof FILES)[number]; readonly path: string; readonly text: string | undefined }[],
  ): Partial<UpstreamTlsConfig> {
    const place = (path: string): string => join(namespace, path.slice(UPSTREAM_TLS_DIR.length + 1));
    return Object.fromEntries(contents.map(({ field, path, text }) => [field, this.put(place(path), text!)]));
  }

  private async standIn(key: string, namespace: string, name: string, tls: UpstreamTlsConfig, protocol: ClusterConfig['protocol']): Promise<Pick<ClusterConfig, 'discovery' | 'tls'>> {
    const { root, issuer } = this.authority ??= newAuthority();
    const validity = { now: Date.now(), lifetimeMs: LIFETIME_MS };
    const leaf = issueForHost(issuer, parseAddress(tls.serverName) ?? tls.serverName, validity);
    const client = tls.certificateFile === undefined ? undefined : issueForHost(issuer, 'client', validity, { purposes: ['clientAuth'] });
    const who = { service: name, version: 'outside', pod: 'stand-in' };
    const options = {
      cert: leaf.certificate, key: leaf.key, ...(client && { ca: root.certificate, requestCert: true, rejectUnauthorized: true }),
    };
    const http2 = protocol === 'http2';
    const standIn = protocol === 'tcp' ? new TcpStandIn(who, () => PROMPT, Math.random, undefined, options)
      : new StandIn(who, () => PROMPT, Math.random, undefined, { http2, tls: { ...options, ALPNProtocols: [http2 ? 'h2' : 'http/1.1'] } });
    await new Promise<void>((resolve, reject) => { standIn.server.once('error', reject).listen(0, this.host, resolve); });
    this.standIns.set(key, standIn);
    const { pins: _, sni, minimumVersion } = tls;
    const folder = join(namespace, 'stand-ins', encodeURIComponent(name));
    return {
      discovery: { type: 'static', endpoints: [{ address: this.host, port: (standIn.server.address() as AddressInfo).port }] },
      tls: {
        serverName: tls.serverName, ...(sni !== undefined && { sni }), ...(minimumVersion && { minimumVersion }),
        trustBundleFile: this.put(join(folder, 'ca.crt'), root.certificate),
        ...(client && this.pair(folder, client)),
      },
    };
  }

  private pair(folder: string, { certificate, key }: Credentials): Pick<UpstreamTlsConfig, 'certificateFile' | 'keyFile'> {
    return { certificateFile: this.put(join(folder, 'tls.crt'), certificate), keyFile: this.put(join(folder, 'tls.key'), key) };
  }

  private put(place: string, text: string): string {
    const path = join(this.folder, place);
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  }
}

function newAuthority(): Authority {
  const validity = { now: Date.now(), lifetimeMs: LIFETIME_MS };
  const root = makeRoot('outside', validity);
  return { root, issuer: makeIssuer(root, validity) };
}

/** What the YAML has for a file; undefined when it hasn't. */
function contentOf(path: string, namespace: string, { secrets, configMaps }: Pick<MeshModel, 'secrets' | 'configMaps'>): string | undefined {
  const [, kind, name, key] = MOUNTED.exec(path) ?? [];
  const data = (kind === 'secret' ? secrets : configMaps).get(`${namespace}/${name}`) ?? {};
  return key !== undefined && Object.hasOwn(data, key) ? data[key] : undefined;
}
