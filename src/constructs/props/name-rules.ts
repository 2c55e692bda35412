/**
 * What a name may be, by the field of Kubernetes that it ends in. The forms are those of the API server's own validation
 * (k8s.io/apimachinery/pkg/util/validation), and of the image reference's grammar (github.com/distribution/reference). Each name that a person
 * chooses goes through the rule of its field before it is written, and a test holds all that is written against this table.
 */

import { isText, TextRule } from './texts';

/** A rule, and what to do about a name that breaks it. */
export interface NameRule extends TextRule {
  readonly remedy: string;
}

const LABEL = '[a-z0-9](?:[-a-z0-9]*[a-z0-9])?';
const QUALIFIED = '[A-Za-z0-9](?:[-\\w.]*[A-Za-z0-9])?';

/** Fields by the kind of name that they take. */
export const NAME_RULES = {
  /** Services: DNS labels of RFC 1035, which begin with a letter. */
  service: rule('[a-z](?:[-a-z0-9]*[a-z0-9])?', 63, 'use 1 to 63 of a-z, 0-9 and -, starting with a letter and ending with a letter or digit'),
  /** Namespaces, containers, volumes, and the ports of Services: DNS labels of RFC 1123. */
  label: rule(LABEL, 63, 'use 1 to 63 of a-z, 0-9 and -, starting and ending with a letter or digit'),
  /** All other objects, host names in the hosts of pods, domains: DNS subdomains of RFC 1123. The labels of a host name are not measured. */
  subdomain: rule(`${LABEL}(?:\\.${LABEL})*`, 253, 'use 1 to 253 of a-z, 0-9, - and ., each part starting and ending with a letter or digit'),
  /** Host names that are looked up; labels may have underscores, as those of SRV records do. */
  hostname: rule('(?=[^.]{1,63}(?:\\.[^.]{1,63})*$)[a-z0-9_](?:[-a-z0-9_]*[a-z0-9])?(?:\\.[a-z0-9_](?:[-a-z0-9_]*[a-z0-9])?)*', 253,
    'use a host name in lower case, such as api.example.com'),
  /** The ports of containers: names of IANA's registry (RFC 6335). */
  containerPort: rule('(?=[-0-9]*[a-z])(?!.*--)[a-z0-9](?:[-a-z0-9]*[a-z0-9])?', 15, 'use 1 to 15 of a-z, 0-9 and single -, with a letter among them, starting and ending with a letter or digit'),
  /** Environment variables, as all versions of Kubernetes take them. */
  variable: rule('(?!\\.\\.?$)(?!\\.\\.)[-._A-Za-z][-._A-Za-z0-9]*', Infinity, 'use letters, digits, _, - and ., not starting with a digit or two dots'),
  /** Keys of ConfigMaps and Secrets, which are names of files, too. */
  dataKey: rule('(?!\\.\\.?$)(?!\\.\\.)[-._a-zA-Z0-9]+', 253, 'use 1 to 253 of letters, digits, -, _ and ., not beginning with two dots'),
  /** Keys of labels and annotations: a name of at most 63 characters, behind a domain and a slash if need be. */
  qualified: rule(`(?:(?=[^/]{1,253}/)${LABEL}(?:\\.${LABEL})*/)?(?=[^/]{1,63}$)${QUALIFIED}`, 317, 'use names such as example.com/name'),
  /** Values of labels. */
  labelValue: rule(`(?:${QUALIFIED})?`, 63, 'use at most 63 letters, digits, -, _ and ., starting and ending with a letter or digit'),
  /** Images; what a template language fills in later can't be judged. */
  image: rule('(?:.*(?:\\{|\\$\\().*|(?:(?:[A-Za-z0-9](?:[-A-Za-z0-9]*[A-Za-z0-9])?(?:\\.[A-Za-z0-9](?:[-A-Za-z0-9]*[A-Za-z0-9])?)*|\\[[0-9a-fA-F:]+\\])(?::\\d+)?/)?'
    + '[a-z0-9]+(?:(?:\\.|__?|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\\.|__?|-+)[a-z0-9]+)*)*'
    + '(?::\\w[\\w.-]{0,127})?(?:@[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,})?)', Infinity,
  'use a full reference, such as registry.example.com/proxy:1.0'),
} as const satisfies Record<string, NameRule>;

/** The namespace that Kubernetes puts objects in when nothing names one. */
export const DEFAULT_NAMESPACE = 'default';

/** Whether a name may stand in a field. */
export function isName(rule: NameRule, name: unknown): name is string {
  return isText(rule, name);
}

function rule(form: string, longest: number, remedy: string): NameRule {
  return { form: new RegExp(`^(?:${form})$`), longest, remedy };
}
