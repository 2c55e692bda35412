export * from './compare';
export * from './distribution';
export * from './latency-histogram';
export * from './measurements';
export * from './plan';
export * from './scenarios';
export * from './simulation';
