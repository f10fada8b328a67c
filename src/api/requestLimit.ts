import { isIP } from 'node:net';
import type { RequestHandler } from 'express';
import { ipKeyGenerator, rateLimit } from 'express-rate-limit';
import { Refusal } from './problem';

/** What one household or server is given, as a rule: whoever has one IPv6 address has all of its /64. */
const IPV6_SUBNET = 64;

/**
 * Refuses more than so many requests a minute from one IP address (of IPv6, from one /64), counted by this process.
 *
 * The address is the one that Express tells: what a proxy has forwarded counts only where that proxy is trusted.
 */
export function limitRequests(perMinute: number): RequestHandler {
  return rateLimit({
    windowMs: 60_000,
    limit: perMinute,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    keyGenerator: ({ ip = '', socket }) =>
      // Some proxies forward the port with the address. Those who come through them count as one, rather than not at all.
      ipKeyGenerator(isIP(ip) ? ip : (socket.remoteAddress ?? ''), IPV6_SUBNET),
    handler: (_request, response) => {
      const seconds = String(response.getHeader('Retry-After'));
      throw new Refusal(
        429,
        `Too many requests have come from your network within a minute. Please try again in ${seconds} seconds.`,
        undefined,
        { 'Retry-After': seconds },
      );
    },
  });
}
