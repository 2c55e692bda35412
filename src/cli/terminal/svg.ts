/** Parts of SVG files. */
import { escaped } from './markup';

export function svgText(x: number, y: number, content: string, attributes = ''): string {
  return `<text x="${svgNumber(x)}" y="${svgNumber(y)}" ${attributes}>${escaped(content)}</text>`;
}

/** A tenth of a pixel is enough. */
export function svgNumber(value: number): string {
  return String(Math.round(value * 10) / 10);
}

/** A whole file. */
export function svgFile(width: number, height: number, parts: readonly string[]): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}"`
      + ' font-family="system-ui, sans-serif" font-size="12" fill="#222">',
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    ...parts,
    '</svg>',
    '',
  ].join('\n');
}
