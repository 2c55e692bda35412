/** A ServiceAccount, which is what an identity is of. */
export interface Account {
  readonly namespace: string;
  readonly account: string;
}
