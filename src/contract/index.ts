export * from './proxy-config';
export * from './defaults';
export * from './names';
export * from './ports';
export * from './references';
