/**
 * Private keys belong in the sidecar only: an app that has one can be its service for everybody, past all that its sidecar does. They could get to
 * it by a volume of the sidecar, by a volume of the app's own of the same Secret or the same agent, or as variables.
 */
import { IDENTITY_VOLUME, SIDECAR_CONTAINER, UPSTREAM_TLS_VOLUME } from '../../contract';
import { ContainerManifest, PodSpecManifest } from '../kubernetes/patches';
import { ValidationErrors } from '../props/validation-errors';

/** A Secret with a key, and where in its data that is. */
export interface KeySecret {
  readonly name: string;
  readonly privateKey: string;
}

/** What is read of a Secret that is mounted. */
interface SecretSource {
  /** In a volume of its own. */
  readonly secretName?: string;
  /** In a projected volume. */
  readonly name?: string;
  readonly items?: readonly { readonly key: string }[];
}

interface VolumeManifest {
  readonly name?: string;
  readonly secret?: SecretSource;
  readonly csi?: { readonly driver?: string };
  readonly projected?: { readonly sources?: readonly { readonly secret?: SecretSource }[] };
}

interface Variable {
  readonly name: string;
  readonly valueFrom?: { readonly secretKeyRef?: { readonly name?: string; readonly key?: string } };
}

/** Where variables come from. */
interface VariableSources {
  readonly env?: readonly Variable[];
  readonly envFrom?: readonly { readonly secretRef?: { readonly name?: string } }[];
}

/**
 * Notes containers besides the sidecar that would have a private key.
 *
 * @param secret the one that the service's identity is in, if it is in one
 * @param driver of volumes by which a container can ask for the service's identity, if there are such
 */
export function checkPrivateKeys(errors: ValidationErrors, spec: PodSpecManifest, secret: KeySecret | undefined, driver: string | undefined): void {
  const volumes = (spec.volumes ?? []) as readonly VolumeManifest[];
  const own = [IDENTITY_VOLUME, UPSTREAM_TLS_VOLUME];
  const others = new Set(secret ? volumes.filter((volume) => !own.includes(volume.name ?? '') && holdsKey(volume, secret)).map(({ name }) => name) : []);
  const agents = new Set(driver === undefined ? [] : volumes.filter(({ name, csi }) => !own.includes(name ?? '') && csi?.driver === driver).map(({ name }) => name));
  for (const container of [...spec.containers, ...spec.initContainers ?? []].filter(({ name }) => name !== SIDECAR_CONTAINER)) {
    const { name, volumeMounts = [] } = container;
    for (const mount of volumeMounts.filter((each) => own.includes(each.name))) {
      errors.add(`containers['${name}'].volumeMounts`, mount.name, 'a private key of the service is there, and belongs in the sidecar only; remove the mount');
    }
    for (const mount of volumeMounts.filter((each) => others.has(each.name))) {
      errors.add(`containers['${name}'].volumeMounts`, mount.name, `it is of the Secret '${secret!.name}' with the private key of the service, which belongs in the sidecar only; `
        + `remove the mount, or have the volume list 'items' without '${secret!.privateKey}'`);
    }
    for (const mount of volumeMounts.filter((each) => agents.has(each.name))) {
      errors.add(`containers['${name}'].volumeMounts`, mount.name, `it is of the driver ${driver}, by which this container could get the private key of the service, which belongs in the `
        + 'sidecar only; remove the mount, or have SPIRE register the sidecar alone, by `register: true` of Identity.spire()');
    }
    if (secret) {
      checkVariables(errors, container, secret);
    }
  }
}

function holdsKey({ secret, projected }: VolumeManifest, { name, privateKey }: KeySecret): boolean {
  return [secret, ...(projected?.sources ?? []).map((source) => source.secret)].some((source) => (
    source && (source.secretName ?? source.name) === name && (!source.items || source.items.some(({ key }) => key === privateKey))));
}

function checkVariables(errors: ValidationErrors, container: ContainerManifest & VariableSources, { name: secret, privateKey }: KeySecret): void {
  const { env = [], envFrom = [] } = container;
  const remedy = `it is from the Secret '${secret}' with the private key of the service, which belongs in the sidecar only; remove it`;
  if (envFrom.some(({ secretRef }) => secretRef?.name === secret)) {
    errors.add(`containers['${container.name}'].envFrom`, secret, remedy);
  }
  for (const { name, valueFrom: { secretKeyRef } = {} } of env as readonly Variable[]) {
    if (secretKeyRef?.name !== secret || secretKeyRef.key !== privateKey) {
      continue;
    }
    errors.add(`containers['${container.name}'].env`, name, remedy);
  }
}
