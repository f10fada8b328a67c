import { isIPv4 } from 'node:net';

/** Whether only this machine is meant by the name or address of a host, as it stands in a setting or a URL. */
export function isLoopback(host: string): boolean {
  return (
    /^(.+\.)?localhost$/i.test(host) || ['::1', '[::1]'].includes(host) || (isIPv4(host) && host.startsWith('127.'))
  );
}
