/**
 * Names are unique. A listener that is served although it is not in the document gets a name of its own when the document gives its name
 * to another listener.
 */
import type { ResolvedListener } from '../../contract';

/** The listener, under a name that is none of `taken`; the name is added to them. */
export function nameApart(listener: ResolvedListener, taken: Set<string>): ResolvedListener {
  let { name } = listener;
  // One socket has one listener, so its name tells it apart; a document may have such a name by chance.
  while (taken.has(name)) name += `@${listener.address}:${listener.port}`;
  taken.add(name);
  return name === listener.name ? listener : { ...listener, name };
}
