/** What may be said about the normal form of paths. The same must be said for the table's patterns and for requests. */

/** How paths are normalised. */
export interface PathOptions {
  /**
   * What becomes of %2F and %5C. `refuse`: the request is refused. `keep`: they stay, as part of an element, as for keys of objects that
   * hold slashes. `decode`: both become `/`.
   * @default 'refuse'
   */
  readonly encodedSlashes?: 'refuse' | 'keep' | 'decode';
  /**
   * Whether several slashes in a row are one. An application that takes `//a` for `/a` needs it: without it routes and rules tell the two
   * apart. One whose keys hold empty elements, such as an object store, must not have it.
   * @default false
   */
  readonly mergeSlashes?: boolean;
}

export const DEFAULT_PATH_OPTIONS: Required<PathOptions> = Object.freeze({ encodedSlashes: 'refuse', mergeSlashes: false });
