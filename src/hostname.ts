/** Names that a request may call a server of this machine by. */
import { isIP } from 'node:net';

/** The name in a `Host` header, without the port and the brackets of IPv6; empty when there is none. */
export function hostnameOf(host: string | undefined): string {
  const url = `http://${host ?? ''}`;
  return URL.canParse(url) ? new URL(url).hostname.replace(/^\[(.*)\]$/, '$1') : '';
}

/** Whether nobody can rebind a name to another address, as a hostile page does to reach a server behind its visitor. */
export function isUnrebindable(hostname: string): boolean {
  return hostname === 'localhost' || isIP(hostname) !== 0;
}
