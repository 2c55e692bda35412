/** A listener beyond the document whose name the document has given to another one gets a name of its own, since names are unique. */
import type { ResolvedListener } from '../../contract';

/** The listener, under a name that is none of `taken`; the name is added to them. */
export function nameApart(listener: ResolvedListener, taken: Set<string>): ResolvedListener {
  let { name } = listener;
  // One socket has one listener, so its name tells it apart; a document may have such a name by chance.
  while (taken.has(name)) name += `@${listener.address}:${listener.port}`;
  taken.add(name);
  return name === listener.name ? listener : { ...listener, name };
}
