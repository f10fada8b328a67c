import type { Request, RequestHandler } from 'express';
import { validateRequest } from 'twilio/lib/webhooks/webhooks';
import { Refusal } from '../problem';

/**
 * Lets only requests through that Twilio has signed: over the address that it called and the parameters of the form.
 *
 * @param publicUrl - the address as Twilio knows it. A proxy that ends TLS shows us another one.
 */
export function signedByTwilio(authToken: string, publicUrl: string | undefined): RequestHandler {
  return (request, _response, next) => {
    if (!request.is('urlencoded')) {
      throw new Refusal(415, 'The body must be a form (application/x-www-form-urlencoded).');
    }
    if (isSigned(request, authToken, publicUrl)) next();
    else throw new Refusal(403, 'Twilio did not sign this: check TWILIO_AUTH_TOKEN and PUBLIC_URL.');
  };
}

function isSigned(request: Request, authToken: string, publicUrl: string | undefined): boolean {
  const origin = publicUrl ?? `${request.protocol}://${request.get('Host') ?? ''}`;
  const form = (request.body ?? {}) as Record<string, unknown>; // As the parser of forms leaves it.
  try {
    return validateRequest(authToken, request.get('X-Twilio-Signature') ?? '', origin + request.originalUrl, form);
  } catch {
    return false; // It does not expect an address that is none.
  }
}
