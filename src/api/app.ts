/** The HTTP application: everything a browser or a program can ask of Cuddle-a-tron. */
import express, { type Express } from 'express';
import type { CountryCode } from 'libphonenumber-js/max';
import type { Logger } from 'pino';
import type { AccessConfig } from '../config';
import type { OutboxFilter } from '../outbox';
import type { OutboxMessage } from '../reminder';
import type { CodecEndpoint } from '../temporal/codecEndpoint';
import type { Contacts } from '../temporal/contacts';
import type { Reminders } from '../temporal/reminders';
import { codecRouter } from './codec';
import type { CapabilityOf } from '../temporal/capabilities';
import { createAccess, guardApi } from './access';
import { consentRouter } from './consent';
import { docsRouter } from './docs';
import { handleErrors, notFound } from './errors';
import { guardHost, guardOrigin, securityHeaders } from './guards';
import { healthRouter } from './health';
import { createMetrics } from './metrics';
import { createOpenApiDocument } from './openapi';
import { outboxRouter } from './outbox';
import { pagesRouter } from './pages';
import { remindersRouter } from './reminders';
import { limitRequests } from './requestLimit';
import { createRequestSchemas } from './schemas';
import { webhooksRouter, type WebhookKeys } from './webhooks';

export interface AppDependencies {
  reminders: Reminders;
  listOutbox: (filter: OutboxFilter) => Promise<OutboxMessage[]>;
  /** Who may see and change reminders. */
  access: AccessConfig;
  capabilityOf: CapabilityOf;
  contacts: Contacts;
  /** The keys of the links by which contacts stop messages to them. */
  stopKeyOf: CapabilityOf;
  logger: Logger;
  /** Where the Temporal Web UI has payloads decrypted, if they are encrypted. */
  codec: CodecEndpoint | undefined;
  /** The country of phone numbers without a country code. */
  defaultCountry: CountryCode;
  /** The countries that text messages are sent to; absent, to all. */
  smsCountries: CountryCode[] | undefined;
  /** The name that the server listens on. */
  host: string;
  /** Where people reach it, if that is elsewhere. */
  publicUrl: string | undefined;
  webhooks: WebhookKeys;
  /** Whose word on where a request comes from is taken, as Express knows it; nobody's, when absent. */
  trustProxy: number | string[] | undefined;
  /** From one IP address; absent, there is no limit, nor for what a stranger may have sent within a day. */
  requestsPerMinute: number | undefined;
}

/** The largest body of a request. */
const BODY_LIMIT = '16kb';

/** For how many busy minutes a day a stranger may have messages sent: not enough to use up the questions of a day. */
const MINUTES_PER_DAY = 5;

export function createApp({
  reminders,
  listOutbox,
  access: accessConfig,
  capabilityOf,
  contacts,
  stopKeyOf,
  logger,
  codec,
  defaultCountry,
  smsCountries,
  host,
  publicUrl,
  webhooks,
  trustProxy,
  requestsPerMinute,
}: AppDependencies): Express {
  const app = express();
  const access = createAccess(accessConfig, capabilityOf);
  const schemas = createRequestSchemas(defaultCountry, smsCountries);
  const metrics = createMetrics();

  app.disable('x-powered-by');
  if (trustProxy !== undefined) app.set('trust proxy', trustProxy);
  app.use(metrics.measure);
  app.use(securityHeaders(publicUrl));
  app.use(guardHost(host, publicUrl && new URL(publicUrl).hostname));
  // Before whatever is meant for browsers: providers show who they are by their signatures.
  app.use(webhooksRouter(webhooks, reminders, contacts, publicUrl));
  if (codec) app.use(codecRouter(codec));
  app.use(guardOrigin(publicUrl));
  app.use(healthRouter(reminders));
  app.use(metrics.router);
  if (requestsPerMinute !== undefined) {
    app.use(['/api', '/r'], limitRequests(requestsPerMinute, 'minute'));
    // A limit of its own, so that whoever shares a network with a busy visitor can still say no.
    app.use(['/confirm', '/stop'], limitRequests(requestsPerMinute, 'minute'));
    if (access.kind !== 'token') {
      const byStrangers = limitRequests(MINUTES_PER_DAY * requestsPerMinute, 'day');
      for (const path of ['/api/reminders', '/api/reminders/:id/confirmation-requests']) app.post(path, byStrangers);
    }
  }
  app.use(docsRouter(createOpenApiDocument(schemas, access.kind)));
  app.use(
    '/api',
    noStore,
    guardApi(access),
    express.json({ limit: BODY_LIMIT }),
    express.urlencoded({ limit: BODY_LIMIT, extended: false }),
  );
  app.use(remindersRouter(reminders, schemas, access, publicUrl));
  app.use(outboxRouter(listOutbox, access));
  app.use(consentRouter(contacts, stopKeyOf));
  app.use(pagesRouter(reminders, access));
  app.use(notFound);
  app.use(handleErrors(logger));
  return app;
}

/** What the API answers is personal, and old a moment later. */
const noStore: express.RequestHandler = (_request, response, next) => {
  response.set('Cache-Control', 'no-store');
  next();
};
