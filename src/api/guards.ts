/** What stands before every route: whom this server answers, and what a browser may do with the answer. */
import type { RequestHandler } from 'express';
import helmet from 'helmet';
import { hostnameOf, isUnrebindable } from '../hostname';
import { Refusal } from './problem';

/**
 * Answers only requests that call this server by a name it goes by, so that a hostile page cannot reach it by rebinding a
 * name of its own to this address. An IP address cannot be rebound, so any is fine.
 */
export function guardHost(...names: (string | undefined)[]): RequestHandler {
  const known = new Set(names.map((name) => name?.toLowerCase()));
  return (request, _response, next) => {
    const name = hostnameOf(request.headers.host);
    if (isUnrebindable(name) || known.has(name)) next();
    else throw new Refusal(421, 'This server does not go by that name. Its public address is the setting PUBLIC_URL.');
  };
}

/** Refuses changes that a page of another site asks a visitor's browser for. Programs other than browsers send no origin. */
export function guardOrigin(publicUrl: string | undefined): RequestHandler {
  const publicOrigin = publicUrl && new URL(publicUrl).origin;
  return ({ method, headers: { origin, host = '' } }, _response, next) => {
    const safe = ['GET', 'HEAD', 'OPTIONS'].includes(method);
    const own = [`http://${host}`, `https://${host}`, publicOrigin];
    if (safe || origin === undefined || own.includes(origin)) next();
    else throw new Refusal(403, 'A page of another site may not change anything here.');
  };
}

/** Security headers: scripts, styles and pictures come from here alone, and no other site may frame the page. */
export function securityHeaders(publicUrl: string | undefined): RequestHandler {
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'", 'data:'],
        fontSrc: ["'self'"],
        connectSrc: ["'self'"],
        formAction: ["'self'"],
        baseUri: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
    // With the default, no-referrer, the page's own forms would come without their origin.
    referrerPolicy: { policy: 'same-origin' },
    strictTransportSecurity: publicUrl?.startsWith('https:') ?? false,
  });
}
