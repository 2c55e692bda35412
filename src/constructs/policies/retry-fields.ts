/** What a retry policy says of a route and of its clusters, as the document has it. */
import { HedgeConfig, RetryBudgetConfig, RetryConfig } from '../../contract';

export interface RetryFields {
  readonly route: { readonly retry?: RetryConfig; readonly hedge?: HedgeConfig };
  readonly cluster: { readonly retryBudget?: RetryBudgetConfig };
}
