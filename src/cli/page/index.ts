/** The live page: its server, which commands start beside a mesh that they run or look at. The page itself is in src/page. */
export { readPage } from './document';
export * from './protocol';
export { type PageActions, PageServer, type PageServerOptions } from './server';
