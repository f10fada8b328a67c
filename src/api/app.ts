/** The HTTP application: everything a browser or a program can ask of Cuddle-a-tron. */
import express, { type Express } from 'express';
import type { CountryCode } from 'libphonenumber-js';
import type { Logger } from 'pino';
import type { OutboxFilter } from '../outbox';
import type { OutboxMessage } from '../reminder';
import type { Reminders } from '../temporal/reminders';
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
  logger: Logger;
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
  logger,
  defaultCountry,
  host,
  publicUrl,
  webhooks,
}: AppDependencies): Express {
  const app = express();
  const schemas = createRequestSchemas(defaultCountry);
  const metrics = createMetrics();

  app.disable('x-powered-by');
  app.use(metrics.measure);
  app.use(securityHeaders(publicUrl));
  app.use(guardHost(host, publicUrl && new URL(publicUrl).hostname));
  // Before whatever is meant for browsers: providers show who they are by their signatures.
  if (webhooks) app.use(webhooksRouter(webhooks, publicUrl));
  app.use(guardOrigin(publicUrl));
  app.use(healthRouter(reminders));
  app.use(metrics.router);
  app.use(docsRouter(createOpenApiDocument(schemas)));
  app.use(
    '/api',
    express.json({ limit: BODY_LIMIT }),
    express.urlencoded({ limit: BODY_LIMIT, extended: false }),
    noStore,
  );
  app.use(remindersRouter(reminders, schemas));
  app.use(outboxRouter(listOutbox));
  app.use(pagesRouter(reminders));
  app.use(notFound);
  app.use(handleErrors(logger));
  return app;
}

/** What the API answers is personal, and old a moment later. */
const noStore: express.RequestHandler = (_request, response, next) => {
  response.set('Cache-Control', 'no-store');
  next();
};
