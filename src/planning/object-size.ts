/**
 * How large a Kubernetes object may be. Client-side `kubectl apply` keeps the whole object as JSON in an annotation of the object, and the
 * annotations of an object may have 256 KiB together. The API server takes 1 MiB of data in a ConfigMap.
 *
 * Sources: `kubectl.kubernetes.io/last-applied-configuration` (kubectl apply), TotalAnnotationSizeLimitB of apimachinery's validation, and
 * https://kubernetes.io/docs/concepts/configuration/configmap/.
 */

/** Bytes of all annotations of an object. */
export const ANNOTATIONS_LIMIT = 262_144;

/** Bytes of the data of a ConfigMap. */
export const CONFIG_MAP_LIMIT = 1_048_576;

export interface ObjectSize {
  readonly kind: string;
  readonly name: string;
  /** Bytes of the object as kubectl notes it. */
  readonly jsonBytes: number;
  /** Bytes of its data; absent for what isn't a ConfigMap. */
  readonly dataBytes?: number | undefined;
}

/** An object, as far as its size goes. */
export interface SizedObject {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly data?: Readonly<Record<string, string>> | undefined;
}

export function sizeOf(object: SizedObject): ObjectSize {
  const json = JSON.stringify(object);
  // Go's encoder writes these three as \u003c and the like.
  const escaped = json.match(/[<>&]/g)?.length ?? 0;
  return {
    kind: object.kind,
    name: object.metadata.name,
    jsonBytes: Buffer.byteLength(json) + 5 * escaped,
    dataBytes: object.kind === 'ConfigMap' ? Object.values(object.data ?? {}).reduce((sum, text) => sum + Buffer.byteLength(text), 0) : undefined,
  };
}
