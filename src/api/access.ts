/** Who may see and change what. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Request, RequestHandler } from 'express';
import type { AccessConfig } from '../config';
import type { CapabilityOf } from '../temporal/capabilities';
import { ReminderNotFound } from '../temporal/reminders';
import { Refusal } from './problem';

/** The caller has not shown the access token. */
export class Unauthorized extends Refusal {
  /** The challenge is the one of RFC 6750, 3. */
  constructor(detail: string, error = '') {
    super(401, detail, undefined, { 'WWW-Authenticate': `Bearer realm="Cuddle-a-tron"${error}` });
  }
}

/** Whom it refuses, it tells by throwing a {@link Refusal}, or {@link ReminderNotFound}. */
export interface Access {
  kind: AccessConfig['kind'];
  /** Refuses whoever may call nothing. */
  toApi(request: Request): void;
  /** Refuses whoever may not see all reminders. */
  toAll(request: Request): void;
  /** Refuses whoever may not see and change a reminder. */
  toReminder(request: Request, id: string): Promise<void>;
  /** The query that the addresses of a reminder need to be let pass: empty where they need none. */
  queryOf(id: string): Promise<string>;
}

const pass = () => undefined;
const passLater = () => Promise.resolve();
const noQuery = () => Promise.resolve('');

/** @param capabilityOf - tells the key of a reminder; asked only where reminders have links with keys. */
export function createAccess(config: AccessConfig, capabilityOf: CapabilityOf): Access {
  switch (config.kind) {
    case 'open':
      return { kind: config.kind, toApi: pass, toAll: pass, toReminder: passLater, queryOf: noQuery };
    case 'token':
      return byToken(config.token);
    case 'capability':
      return byCapability(capabilityOf);
  }
}

/** Lets nobody call the API who may call nothing. */
export function guardApi(access: Access): RequestHandler {
  return (request, _response, next) => {
    access.toApi(request);
    next();
  };
}

function byToken(token: string): Access {
  const check = (request: Request) => {
    const given = bearerOf(request);
    if (given === undefined) throw new Unauthorized('This needs the access token, as a bearer token.');
    if (!equal(given, token)) throw new Unauthorized('This is not the access token.', ', error="invalid_token"');
  };
  const toReminder = (request: Request) => Promise.resolve(request).then(check);
  return { kind: 'token', toApi: check, toAll: check, toReminder, queryOf: noQuery };
}

function byCapability(capabilityOf: CapabilityOf): Access {
  return {
    kind: 'capability',
    toApi: pass,
    toAll: () => {
      throw new Refusal(
        403,
        'Nobody sees all reminders here: each is seen through its own link. Whoever runs this can set ACCESS_TOKEN, with which all are seen.',
      );
    },
    // A wrong key is told just like an id that does not exist, before anyone looks whether it does.
    toReminder: async (request, id) => {
      const given = typeof request.query.key === 'string' ? request.query.key : bearerOf(request);
      if (!equal(given ?? '', await capabilityOf(id))) throw new ReminderNotFound();
    },
    queryOf: async (id) => `?key=${await capabilityOf(id)}`,
  };
}

/** The bearer token of a request (RFC 6750, 2.1). */
function bearerOf(request: Request): string | undefined {
  return /^Bearer +(\S+) *$/i.exec(request.get('Authorization') ?? '')?.[1];
}

/** Takes as long for what is nearly right as for what is not, and tells no length. */
function equal(given: string, right: string): boolean {
  return timingSafeEqual(digest(given), digest(right));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
