/**
 * A part of a very large set: each proxy keeps connections to `size` endpoints and not to all. Random subsetting of gRFC A68:
 * endpoints are sorted by a hash of their key with the proxy's own seed and the first ones are taken. All proxies together
 * use all endpoints alike, up to chance, without knowing of each other; and an endpoint that comes or goes changes at most
 * one of a proxy's, where cutting a list into pieces would change nearly all.
 */
import { hashText, mixHash } from '../tables/hash';

/** The endpoints chosen, in the order of the list. */
export function subsetOf<E extends { readonly key: string }>(endpoints: readonly E[], size: number, seed: number): readonly E[] {
  if (endpoints.length <= size) return endpoints;
  const hashes = endpoints.map(({ key }) => mixHash(hashText(key), seed));
  const last = Int32Array.from(hashes).sort()[size - 1]!;
  const chosen = endpoints.filter((_, index) => hashes[index]! <= last);
  // Equal hashes at the edge.
  return chosen.length === size ? chosen : chosen.slice(0, size);
}
