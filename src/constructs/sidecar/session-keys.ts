/**
 * Puts the keys of session cookies where a sidecar finds them: one volume for all Secrets, mounted in the sidecar only, and only in
 * callers of services that keep sessions. The pod does not start before its Secrets are there, as with any volume.
 */
import { SESSION_KEYS_DIR, SESSION_KEYS_VOLUME, sessionKeyFile } from '../../contract';
import { ContainerManifest, PodSpecManifest } from '../kubernetes/patches';
import { SessionPersistence } from '../policies/session-persistence';

/** Mounts what sessions need, if they need any. */
export function mountSessionKeys(spec: PodSpecManifest, sidecar: ContainerManifest, sessions: readonly SessionPersistence[]): void {
  const items = new Map<string, Set<string>>();
  for (const session of sessions) {
    const secret = session._secret;
    if (secret) {
      items.set(secret.name, (items.get(secret.name) ?? new Set()).add(secret.key));
    }
  }
  if (items.size === 0) {
    return;
  }
  const sources = [...items].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, keys]) => ({
    secret: { name, items: [...keys].sort().map((key) => ({ key, path: sessionKeyFile(name, key).slice(SESSION_KEYS_DIR.length + 1) })) },
  }));
  spec.volumes = [...(spec.volumes ?? []), { name: SESSION_KEYS_VOLUME, projected: { sources } }];
  sidecar.volumeMounts = [...(sidecar.volumeMounts ?? []), { name: SESSION_KEYS_VOLUME, mountPath: SESSION_KEYS_DIR, readOnly: true }];
}
