/** Names of signers of Kubernetes (`certificates.k8s.io`): a domain, a slash, a path. */
import { isName, NAME_RULES } from '../props/name-rules';
import { ValidationErrors } from '../props/validation-errors';

/** Checks the name of a signer. Those of `kubernetes.io` sign nothing that pods could use between each other. */
export function checkSignerName(errors: ValidationErrors, prop: string, name: string): void {
  const [domain, path, ...more] = String(name).split('/');
  if (more.length > 0 || !isName(NAME_RULES.subdomain, domain) || !isName(NAME_RULES.subdomain, path)) {
    errors.add(prop, name, 'use the domain and the name of a signer that runs in the cluster, such as example.com/mesh');
  } else if (domain === 'kubernetes.io') {
    errors.add(prop, name, 'Kubernetes has no signer for traffic between pods; name one that runs in the cluster, such as example.com/mesh');
  }
}
