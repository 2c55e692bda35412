/** How a listener gives paths one form, in which they are matched and sent on. */

/** What is said of paths besides RFC 3986. */
export interface PathConfig {
  /**
   * What becomes of `%2F` and `%5C`, which servers read in different ways. `refuse`: the request is refused (400). `keep`: they stay, as part of
   * an element. `decode`: both become `/`.
   * @default 'refuse'
   */
  readonly encodedSlashes?: 'refuse' | 'keep' | 'decode';
  /**
   * Whether several slashes in a row are one, as most servers take them.
   * @default false
   */
  readonly mergeSlashes?: boolean;
}
