/**
 * Names that no destination may have, because something that each pod relies on has them: its own address, and the API
 * server's Service. A caller's `/etc/hosts` would lead them to its sidecar.
 */
import { DEFAULT_NAMESPACE } from '../props/name-rules';
import { ValidationErrors } from '../props/validation-errors';

/** The longer names of the API server, which only an external service can have. */
const API_SERVER = /^kubernetes\.default(\.svc(\..+)?)?$/;

/** Checks the name of something that can be called. */
export function checkReserved(errors: ValidationErrors, prop: string, name: string, namespace: string): void {
  if (name === 'localhost') {
    errors.add(prop, name, 'this is every pod\'s name for itself, and callers would not reach their own pod by it any more; choose another name');
  } else if ((name === 'kubernetes' && namespace === DEFAULT_NAMESPACE) || API_SERVER.test(name)) {
    errors.add(prop, name, `in namespace "${DEFAULT_NAMESPACE}" this is the Service of the Kubernetes API; choose another name`);
  }
}
