/** The HTTP application: everything a browser or a program can ask of Cuddle-a-tron. */
import express, { type Express } from 'express';
import type { CountryCode } from 'libphonenumber-js/max';
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
import { limitRequests } from './requestLimit';
import { createRequestSchemas } from './schemas';

export interface AppDependencies {
  reminders: Reminders;
  listOutbox: (filter: OutboxFilter) => Promise<OutboxMessage[]>;
  logger: Logger;
  /** The country of phone numbers without a country code. */
  defaultCountry: CountryCode;
  /** The countries that text messages are sent to; absent, to all. */
  smsCountries: CountryCode[] | undefined;
  /** The name that the server listens on. */
  host: string;
  /** Where people reach it, if that is elsewhere. */
  publicUrl: string | undefined;
  /** Whose word on where a request comes from is taken, as Express knows it; nobody's, when absent. */
  trustProxy: number | string[] | undefined;
  /** From one IP address; absent, there is no limit. */
  requestsPerMinute: number | undefined;
}

/** The largest body of a request. */
const BODY_LIMIT = '16kb';

export function createApp({
  reminders,
  listOutbox,
  logger,
  defaultCountry,
  smsCountries,
  host,
  publicUrl,
  trustProxy,
  requestsPerMinute,
}: AppDependencies): Express {
  const app = express();
  const schemas = createRequestSchemas(defaultCountry, smsCountries);
  const metrics = createMetrics();

  app.disable('x-powered-by');
  if (trustProxy !== undefined) app.set('trust proxy', trustProxy);
  app.use(metrics.measure);
  app.use(securityHeaders(publicUrl));
  app.use(guardHost(host, publicUrl && new URL(publicUrl).hostname));
  app.use(guardOrigin(publicUrl));
  app.use(healthRouter(reminders));
  app.use(metrics.router);
  if (requestsPerMinute !== undefined) app.use(['/api', '/r'], limitRequests(requestsPerMinute));
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
