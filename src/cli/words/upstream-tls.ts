/** TLS to what is outside of the mesh, in words. */
import type { UpstreamTlsConfig } from '../../contract';

export function upstreamTlsInWords({ serverName, sni, trustBundleFile, certificateFile, minimumVersion = '1.2', pins }: UpstreamTlsConfig): string {
  const roots = trustBundleFile === undefined ? 'a public authority' : `a root in ${shortened(trustBundleFile)}`;
  return [
    `the endpoint must prove to be ${serverName} by ${roots}`,
    ...(sni === undefined ? [] : [`is asked for ${sni}`]),
    ...(pins ? [`has one of ${pins.length} pinned ${pins.length === 1 ? 'key' : 'keys'}`] : []),
    ...(certificateFile === undefined ? [] : [`is shown the certificate in ${shortened(certificateFile)}`]),
    ...(minimumVersion === '1.2' ? [] : [`speaks TLS ${minimumVersion}`]),
  ].join(', ');
}

/** The object and key that a file is of, by the end of its path. */
function shortened(path: string): string {
  return path.split('/').slice(-3).join('/');
}
