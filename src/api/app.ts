/** The HTTP application: everything a browser or a program can ask of Cuddle-a-tron. */
import express, { type Express } from 'express';
import type { CountryCode } from 'libphonenumber-js';
import type { Logger } from 'pino';
import type { AccessConfig } from '../config';
import type { OutboxFilter } from '../outbox';
import type { OutboxMessage } from '../reminder';
import type { CodecEndpoint } from '../temporal/codecEndpoint';
import type { Reminders } from '../temporal/reminders';
import { codecRouter } from './codec';
import type { CapabilityOf } from '../temporal/capabilities';
import { createAccess, guardApi } from './access';
import { docsRouter } from './docs';
import { handleErrors, notFound } from './errors';
import { guardHost, guardOrigin, securityHeaders } from './guards';
import { healthRouter } from './health';
import { createMetrics } from './metrics';
import { createOpenApiDocument } from './openapi';
import { outboxRouter } from './outbox';
import { pagesRouter } from './pages';
import { remindersRouter } from './reminders';
import { createRequestSchemas } from './schemas';
import { webhooksRouter, type WebhookDependencies } from './webhooks';

export interface AppDependencies {
  reminders: Reminders;
  listOutbox: (filter: OutboxFilter) => Promise<OutboxMessage[]>;
  /** Who may see and change reminders. */
  access: AccessConfig;
  capabilityOf: CapabilityOf;
  logger: Logger;
  /** Where the Temporal Web UI has payloads decrypted, if they are encrypted. */
  codec: CodecEndpoint | undefined;
  /** The country of phone numbers without a country code. */
  defaultCountry: CountryCode;
  /** The name that the server listens on. */
  host: string;
  /** Where people reach it, if that is elsewhere. */
  publicUrl: string | undefined;
  /** Without them, there are no webhooks. */
  webhooks?: WebhookDependencies;
}

/** The largest body of a request. */
const BODY_LIMIT = '16kb';

export function createApp({
  reminders,
  listOutbox,
  access: accessConfig,
  capabilityOf,
  logger,
  codec,
  defaultCountry,
  host,
  publicUrl,
  webhooks,
}: AppDependencies): Express {
  const app = express();
  const access = createAccess(accessConfig, capabilityOf);
  const schemas = createRequestSchemas(defaultCountry);
  const metrics = createMetrics();

  app.disable('x-powered-by');
  app.use(metrics.measure);
  app.use(securityHeaders(publicUrl));
  app.use(guardHost(host, publicUrl && new URL(publicUrl).hostname));
  // Before whatever is meant for browsers: providers show who they are by their signatures.
  if (webhooks) app.use(webhooksRouter(webhooks, publicUrl));
  if (codec) app.use(codecRouter(codec));
  app.use(guardOrigin(publicUrl));
  app.use(healthRouter(reminders));
  app.use(metrics.router);
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
