import { isIP } from 'node:net';
import type { RequestHandler } from 'express';
import { ipKeyGenerator, rateLimit } from 'express-rate-limit';
import { Refusal } from './problem';

/** What one household or server is given, as a rule: whoever has one IPv6 address has all of its /64. */
const IPV6_SUBNET = 64;

/** Within what requests are counted, and in what one is told how long to wait. */
const windows = {
  minute: { milliseconds: 60_000, unit: 'second', unitSeconds: 1 },
  day: { milliseconds: 24 * 3_600_000, unit: 'hour', unitSeconds: 3_600 },
};

/**
 * Refuses more than so many requests within a minute or a day from one IP address (of IPv6, from one /64), counted by this
 * process.
 *
 * The address is the one that Express tells: what a proxy has forwarded counts only where that proxy is trusted.
 */
export function limitRequests(most: number, within: keyof typeof windows): RequestHandler {
  const { milliseconds, unit, unitSeconds } = windows[within];
  return rateLimit({
    windowMs: milliseconds,
    limit: most,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    keyGenerator: ({ ip = '', socket }) =>
      // Some proxies forward the port with the address. Those who come through them count as one, rather than not at all.
      ipKeyGenerator(isIP(ip) ? ip : (socket.remoteAddress ?? ''), IPV6_SUBNET),
    handler: (_request, response) => {
      const seconds = Number(response.getHeader('Retry-After'));
      const units = Math.ceil(seconds / unitSeconds);
      const wait = `${units} ${unit}${units === 1 ? '' : 's'}`;
      throw new Refusal(
        429,
        `Too many requests have come from your network within a ${within}. Please try again in ${wait}.`,
        undefined,
        { 'Retry-After': String(seconds) },
      );
    },
  });
}
