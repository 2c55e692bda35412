/** Settings of the website of the documents: what it is called, where its navigation comes from, and how it reads Markdown. */
import { readFileSync } from 'node:fs';
import { defineConfig } from 'vitepress';
import { ATTRIBUTES } from '../api.mjs';
import { REPOSITORY } from '../pages.mjs';
import { api, documents } from '../sidebar.mjs';

const { name, description, version } = JSON.parse(readFileSync('package.json', 'utf8'));

export default defineConfig({
  title: name,
  description,
  // None, rather than one that browsers look for in vain.
  head: [['link', { rel: 'icon', href: 'data:,' }]],
  srcDir: 'pages',
  outDir: 'dist',
  cacheDir: '../node_modules/.cache/vitepress',
  markdown: {
    attrs: ATTRIBUTES,
    anchor: { slugify: githubAnchor },
    image: { lazyLoading: true },
    config: withoutTemplates,
  },
  // VitePress' own targets are browsers of 2020, for which esbuild no longer writes.
  vite: { build: { target: 'es2022' } },
  themeConfig: {
    nav: [
      { text: 'Documents', link: '/docs/', activeMatch: '^/docs/' },
      { text: 'API', link: '/api/', activeMatch: '^/api/' },
      { text: version, link: '/CHANGELOG' },
      { text: 'Source', link: REPOSITORY },
    ],
    sidebar: {
      '/': documents(readFileSync('docs/README.md', 'utf8')),
      '/api/': api(readFileSync('API.md', 'utf8')),
    },
    outline: [2, 3],
    search: {
      provider: 'local',
      // Guides before the pages of classes, which have every word many times.
      options: { miniSearch: { searchOptions: { boostDocument: (page) => page.includes('/api/') ? 1 : 3 } } },
    },
  },
});

/** The anchor that GitHub gives to a heading, so that links work there and here. */
function githubAnchor(heading) {
  return heading.trim().toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, '').replace(/ /g, '-');
}

/** Pages are templates of Vue, the documents are not: `{{ }}` in them is text. */
function withoutTemplates(markdown) {
  for (const name of ['text', 'code_inline']) {
    const render = markdown.renderer.rules[name];
    markdown.renderer.rules[name] = (...given) => render(...given).replaceAll('{{', '&#123;&#123;');
  }
}
