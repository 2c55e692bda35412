/**
 * The text of a document in its ConfigMap. People review it as a diff, so it is indented as long as it is small. More than a third of an
 * indented document is white space, and Kubernetes limits the size of objects; so a large one has a line for each listener and each
 * cluster, which is still a line in a diff for each call that changes, and no white space besides.
 */
import { ProxyConfig } from '../../contract';

/** Longest text that is indented: that of some 75 calls. A quarter of what client-side `kubectl apply` takes, so it is far from any limit. */
const LONGEST_INDENTED = 65_536;

/** The document as JSON. */
export function documentText(document: ProxyConfig): string {
  const indented = JSON.stringify(document, undefined, 2);
  return indented.length <= LONGEST_INDENTED ? indented : oneLineEach(document);
}

/** A line for each field of the document, and for each item of its lists. */
function oneLineEach(document: ProxyConfig): string {
  const fields = Object.entries(document).filter(([, value]) => value !== undefined).map(([name, value]: [string, unknown]) => {
    const text = Array.isArray(value) && value.length > 0 ? `[\n${value.map((item) => JSON.stringify(item)).join(',\n')}\n]` : JSON.stringify(value);
    return `${JSON.stringify(name)}:${text}`;
  });
  return `{\n${fields.join(',\n')}\n}`;
}
