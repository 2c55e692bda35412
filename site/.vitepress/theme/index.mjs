/** The default theme in the fonts of the reader's system, which need no download. */
export { default } from 'vitepress/theme-without-fonts';
