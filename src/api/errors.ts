import type { ErrorRequestHandler, RequestHandler, Response } from 'express';
import type { Logger } from 'pino';
import { UnreadablePayload } from '../temporal/codec';
import type { Channel, ReminderState } from '../reminder';
import { ContactNotFound } from '../temporal/contacts';
import { LimitReached } from '../temporal/limits/limit';
import { TemporalOverloaded, TemporalUnavailable } from '../temporal/failure';
import { InvalidPageToken } from '../temporal/pageToken';
import { ReminderDiffers, ReminderNotFound, ReminderNotWaiting } from '../temporal/reminders';
import { problemPage } from './problemPage';
import { Refusal, type FieldError } from './problem';

/** Answers what no route has taken. */
export const notFound: RequestHandler = () => {
  throw new Refusal(404, 'There is nothing at this address.');
};

/** Answers a method that a route does not take. */
export const methodNotAllowed =
  (...allowed: string[]): RequestHandler =>
  ({ method }) => {
    throw new Refusal(405, `${method} is not possible here.`, undefined, { Allow: allowed.join(', ') });
  };

/** Answers every error with problem details, or to a browser that shows a page, with one that says the same. */
export function handleErrors(logger: Logger): ErrorRequestHandler {
  // eslint-disable-next-line @typescript-eslint/no-unused-vars -- Express knows an error handler by its four parameters.
  return (error: unknown, request, response: Response, _next) => {
    const refusal = refusalOf(error);
    // The route's pattern, never its address, which may hold anything.
    const route = (request.route as { path: string } | undefined)?.path;
    if (refusal.status >= 500) logger.error({ err: error, method: request.method, route }, refusal.message);
    if (response.headersSent) {
      response.destroy();
      return;
    }
    response.status(refusal.status).set(refusal.headers);
    const showsPages = !request.path.startsWith('/api/') || Boolean(request.is('urlencoded'));
    if (showsPages && request.accepts(['json', 'html']) === 'html') {
      response.send(problemPage(refusal.problem));
    } else {
      response.type('application/problem+json').send(JSON.stringify(refusal.problem));
    }
  };
}

/** The fields that hold the contacts. */
const contactFields: Record<Channel, string> = { email: 'email', sms: 'phone' };

/** What has become of a reminder, in words. */
const fates: Record<ReminderState, string> = {
  waiting: 'is waiting',
  sending: 'is being sent',
  succeeded: 'was sent',
  partial: 'was partly sent',
  failed: 'could not be sent',
  cancelled: 'was cancelled',
};

function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  if (error instanceof ReminderNotFound) return new Refusal(404, 'There is no reminder of this id.');
  if (error instanceof ContactNotFound) return new Refusal(409, 'Nobody was asked for consent to this reminder.');
  if (error instanceof ReminderNotWaiting) {
    return new Refusal(
      409,
      `The reminder ${fates[error.state]}: only one that is waiting can be changed or cancelled.`,
    );
  }
  if (error instanceof ReminderDiffers) {
    return new Refusal(422, 'This Idempotency-Key was used for another reminder. Take a new key for a new reminder.', [
      { field: 'Idempotency-Key', detail: 'was used for another reminder' },
    ]);
  }
  if (error instanceof LimitReached) return refusalOfLimit(error);
  if (error instanceof InvalidPageToken) {
    return new Refusal(400, 'pageToken must be the nextPageToken of an earlier page.', [
      { field: 'pageToken', detail: 'must be the nextPageToken of an earlier page' },
    ]);
  }
  if (error instanceof TemporalUnavailable) {
    return new Refusal(
      503,
      'Temporal does not answer. If this was a change, it may still be made: look before you try again.',
      undefined,
      {
        'Retry-After': '2',
      },
    );
  }
  if (error instanceof TemporalOverloaded) {
    return new Refusal(429, 'There is too much to do at the moment. Please try again in a moment.', undefined, {
      'Retry-After': '5',
    });
  }
  if (error instanceof UnreadablePayload) return new Refusal(503, `${error.message}.`);
  return refusalOfExpress(error) ?? new Refusal(500, 'Something went wrong here. It was written to the log.');
}

function refusalOfLimit({ excess, retryAfterSeconds }: LimitReached): Refusal {
  const tooMuch = (detail: string, errors?: FieldError[]) =>
    new Refusal(429, detail, errors, { 'Retry-After': String(retryAfterSeconds) });
  switch (excess.kind) {
    case 'waiting':
      return tooMuch('So many reminders are waiting that none can be added. Please try again in a minute.');
    case 'due':
      return tooMuch('They get so many reminders around that time that none can be added. Please choose another time.');
    case 'started': {
      const hours = Math.ceil(retryAfterSeconds / 3_600);
      const detail = `takes no more reminders today; please try again in ${hours === 1 ? 'an hour' : `${hours} hours`}`;
      const errors = excess.channels.map((channel) => ({ field: contactFields[channel], detail }));
      return tooMuch(errors.map(({ field }) => `${field} ${detail}`).join('; ') + '.', errors);
    }
  }
}

/** The errors of Express's own parsers, router and static files, which carry a status. */
function refusalOfExpress(error: unknown): Refusal | undefined {
  const { status, type, limit } = error as { status?: unknown; type?: unknown; limit?: unknown };
  switch (status) {
    case 400:
      return new Refusal(
        400,
        type === 'entity.parse.failed' ? 'The body is not a valid JSON object.' : 'The request is malformed.',
      );
    case 413:
      return new Refusal(
        413,
        type === 'parameters.too.many'
          ? 'The form has too many fields.'
          : `The body is too large: ${Number(limit) / 1024} kB are the most.`,
      );
    case 415:
      return new Refusal(415, 'The encoding or character set of the body is not supported: send it as UTF-8.');
    default:
      return typeof status === 'number' && status < 500 ? new Refusal(status, 'The request cannot be met.') : undefined;
  }
}
