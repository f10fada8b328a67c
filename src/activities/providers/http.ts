/**
 * What the HTTP answers of providers mean. Nothing of an answer but its status and its headers enters a failure: bodies
 * repeat contacts, and the errors of HTTP clients hold the credentials.
 */
import type { ClientRequest } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { SendError, type FailureKind } from '../failure';

/** How a provider and the settings for it are named to a person. */
export interface Provider {
  name: string;
  /** What it is given, such as "the email". */
  message: string;
  /** What we show it to be let in, such as "the API key". */
  credentials: string;
  /** The settings that say so. */
  credentialSettings: string;
  addressSetting: string;
}

/** The headers of an answer, by their names in lower case. */
export type AnswerHeaders = Record<string, unknown>;

/**
 * The failure that an answer which is not the provider's "accepted" stands for.
 *
 * @param reason more than the status tells, in a few words without contacts.
 */
export function refusal(provider: Provider, status: number, headers: AnswerHeaders, reason?: string): SendError {
  const kind = kindOf(status);
  const code = reason === undefined ? `HTTP ${status}` : `HTTP ${status}, ${reason}`;
  return new SendError(kind, sentence(provider, kind, status, code), retryAfterMs(headers));
}

/** RFC 9110, section 15, as the providers use it. */
function kindOf(status: number): FailureKind {
  switch (status) {
    // 402: the account is not paid for. 407: a proxy on the way wants to know us.
    case 401:
    case 402:
    case 403:
    case 407:
      return 'Unauthorized';
    case 429:
      return 'RateLimited';
    case 408:
      return 'Unavailable';
    default:
      return status >= 400 && status < 500 ? 'Rejected' : 'Unavailable';
  }
}

function sentence(provider: Provider, kind: FailureKind, status: number, code: string): string {
  const { name, message, credentials, credentialSettings, addressSetting } = provider;
  if (kind === 'Unauthorized')
    return `${name} refused ${credentials} (${code}): check ${credentialSettings} and the account.`;
  if (kind === 'RateLimited') return `${name} asks us to slow down (${code}).`;
  if (kind === 'Rejected') return `${name} rejected ${message} (${code}).`;
  if (status < 400) return `${name} did not answer as it should (${code}): check ${addressSetting} and the network.`;
  return `${name} is out of order (${code}).`;
}

/**
 * How long to wait before the next attempt, in milliseconds: `Retry-After` in seconds or as an HTTP date (RFC 9110,
 * section 10.2.3), or SendGrid's `X-RateLimit-Reset`, which is a Unix time in seconds.
 */
function retryAfterMs(headers: AnswerHeaders): number | undefined {
  const retryAfter = headers['retry-after'];
  if (typeof retryAfter === 'string') {
    if (/^\d+(\.\d+)?$/.test(retryAfter)) return Number(retryAfter) * 1000;
    if (retryAfter.endsWith(' GMT') && !Number.isNaN(Date.parse(retryAfter)))
      return Date.parse(retryAfter) - Date.now();
  }
  const reset = headers['x-ratelimit-reset'];
  if (typeof reset === 'string' && /^\d+$/.test(reset)) return Number(reset) * 1000 - Date.now();
  return undefined;
}

/**
 * The failure of a request that got no whole answer. A refusal whose body got lost is a refusal. Otherwise, a request that
 * was not written whole was not accepted; one that was may have been.
 *
 * @param error what axios or SendGrid's library threw; any other error is thrown again.
 */
export function noAnswer(provider: Provider, error: unknown): SendError {
  const refused = refusedWithoutBody(error);
  if (refused) return refusal(provider, refused.status, refused.headers);
  if (!isRequestError(error)) throw error;
  const { name, message } = provider;
  const timedOut = error.code === 'ERR_CANCELED';
  const code = `(${error.code ?? 'no code'})`;
  if (wasWritten(error.request)) {
    const how = timedOut ? 'in time' : `clearly ${code}`;
    return new SendError('MaybeSent', `${name} did not answer ${how}, so ${message} may have been sent.`);
  }
  return new SendError('Unavailable', `${name} could not be reached ${timedOut ? 'in time' : code}.`);
}

/** The status and headers of a refusal; axios keeps the status in the answer, SendGrid's library in the `code`. */
function refusedWithoutBody(error: unknown): { status: number; headers: AnswerHeaders } | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, response } = error as Error & {
    code?: unknown;
    response?: { status?: unknown; headers: AnswerHeaders };
  };
  const status = response?.status ?? code;
  return response && typeof status === 'number' && status >= 400 ? { status, headers: response.headers } : undefined;
}

interface RequestError {
  code?: string;
  request: ClientRequest;
}

function isRequestError(error: unknown): error is RequestError {
  return error instanceof Error && 'request' in error && typeof error.request === 'object';
}

/** Until TLS is established nothing of a request is on the wire, although it counts as written. */
function wasWritten(request: ClientRequest): boolean {
  const socket = request.socket as (TLSSocket & { secureConnecting?: boolean }) | null;
  return request.writableFinished && socket?.secureConnecting !== true;
}
