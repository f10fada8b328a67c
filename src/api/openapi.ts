/** The OpenAPI 3.1 document, made from the schemas that validate. */
import { z } from 'zod';
import type { Access } from './access';
import {
  idempotencyKey,
  listQuery,
  outbox,
  outboxQuery,
  problem,
  reminder,
  reminderPage,
  type RequestSchemas,
  confirmation,
  confirmationRequest,
} from './schemas';

export type OpenApiDocument = ReturnType<typeof createOpenApiDocument>;

const schemaOf = (schema: z.ZodType, io: 'input' | 'output') => z.toJSONSchema(schema, { io, unrepresentable: 'any' });

const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });
const json = (description: string, name: string) => ({
  description,
  content: { 'application/json': { schema: ref(name) } },
});
const refused = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: ref('Problem') } },
});
const retryLater = (description: string) => ({
  ...refused(description),
  headers: { 'Retry-After': { description: 'Seconds to wait.', schema: { type: 'integer' } } },
});

const away = {
  429: retryLater('There are more requests than one visitor, or Temporal, is given.'),
  503: retryLater('Temporal is away.'),
};
const body = {
  400: refused('The body or a header is malformed.'),
  413: refused('The body is larger than 16 kB.'),
  415: refused('The body is neither JSON nor an HTML form.'),
  422: refused('A field is wrong; `errors` names each.'),
};
/** What any call may get. */
const others = {
  400: refused('The request is malformed.'),
  421: refused('This server does not go by the name that it was called by.'),
  500: refused('A fault of ours; it was written to the log.'),
};
/** What a change may get. */
const foreign = { 403: refused('A page of another site asked for it.') };
const unknownReminder = { 404: refused('There is no reminder of this id, or the key is not the one of its link.') };
const unauthorized = {
  401: {
    ...refused('The access token is missing or wrong.'),
    headers: { 'WWW-Authenticate': { description: 'A challenge (RFC 6750).', schema: { type: 'string' } } },
  },
};
const noList = { 403: refused('Nobody sees all reminders here: each is seen through its own link.') };

const idParameter = { name: 'id', in: 'path', required: true, schema: { type: 'string' } };

/** One parameter for each property of a schema of queries. */
function queryParameters(schema: z.ZodType) {
  const { properties = {} } = schemaOf(schema, 'input');
  return Object.entries(properties).map(([name, property]) => ({ name, in: 'query', schema: property }));
}

const bodyOf = (name: string) => ({
  required: true,
  content: { 'application/json': { schema: ref(name) }, 'application/x-www-form-urlencoded': { schema: ref(name) } },
});

/** The ways to show who one is. Which of them a server asks for depends on its settings. */
const securitySchemes = {
  accessToken: { type: 'http', scheme: 'bearer', description: 'The setting `ACCESS_TOKEN`.' },
  key: {
    type: 'apiKey',
    in: 'query',
    name: 'key',
    description: 'The key in the link of a reminder. It may be sent as a bearer token, too.',
  },
};

type Requirement = Partial<Record<keyof typeof securitySchemes, string[]>>;

/** What a call that is about one reminder needs. */
const toOneReminder: Record<Access['kind'], Requirement[]> = {
  open: [],
  token: [{ accessToken: [] }],
  capability: [{ key: [] }],
};

/** What any other call needs. */
const toApi: Record<Access['kind'], Requirement[]> = { ...toOneReminder, capability: [] };

const forEveryone: Requirement[] = [];

/** What any webhook answers to a provider. */
const reported = {
  ...others,
  400: refused('The body or the query is malformed.'),
  403: refused('The provider did not sign it.'),
  404: refused('The provider is not set up.'),
  413: refused('The body is too large.'),
  415: refused('The body is of another media type.'),
  ...away,
};
const signature = (name: string, description: string) => ({
  name,
  in: 'header',
  required: true,
  description,
  schema: { type: 'string' },
});
const twilioSignature = signature('X-Twilio-Signature', 'Over the public address and the form.');
const form = (properties: Record<string, string>, required: string[]) => ({
  required: true,
  content: {
    'application/x-www-form-urlencoded': {
      schema: {
        type: 'object',
        properties: Object.fromEntries(
          Object.entries(properties).map(([name, description]) => [name, { type: 'string', description }]),
        ),
        required,
      },
    },
  },
});
const refusedForm = { 422: refused('A parameter is missing or repeated.') };

/** The contract of the API: what `/api/openapi.json` answers. */
export function createOpenApiDocument(requests: RequestSchemas, access: Access['kind']) {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Cuddle-a-tron',
      version: '1',
      description: 'Reminders that are sent: by email, by text message, or both; in seconds, or in a year.',
    },
    security: toApi[access],
    paths: {
      '/api/reminders': {
        post: {
          operationId: 'startReminder',
          tags: ['Reminders'],
          summary: 'Start a reminder',
          parameters: [
            {
              name: 'Idempotency-Key',
              in: 'header',
              description: 'The same key starts one reminder, however often the request is sent.',
              schema: schemaOf(idempotencyKey, 'input'),
            },
          ],
          requestBody: bodyOf('NewReminder'),
          responses: {
            200: json('The reminder that this `Idempotency-Key` has started before.', 'Reminder'),
            201: {
              ...json('The reminder was started.', 'Reminder'),
              headers: { Location: { description: 'Its address.', schema: { type: 'string' } } },
            },
            303: { description: 'A form was sent: the page of the reminder.' },
            ...others,
            ...foreign,
            ...body,
            ...unauthorized,
            ...away,
            429: retryLater(
              'It would be too much: from one visitor, to one contact (today, then `errors` names it, or around that time), in all, or for Temporal.',
            ),
          },
        },
        get: {
          operationId: 'listReminders',
          tags: ['Reminders'],
          summary: 'List reminders: those still running first, then the latest ended',
          parameters: queryParameters(listQuery),
          responses: {
            ...others,
            200: json('A page of reminders.', 'ReminderPage'),
            400: refused('A parameter is wrong.'),
            ...unauthorized,
            ...noList,
            ...away,
          },
        },
      },
      '/api/reminders/{id}': {
        parameters: [idParameter],
        get: {
          operationId: 'getReminder',
          tags: ['Reminders'],
          summary: 'See one reminder',
          security: toOneReminder[access],
          responses: {
            200: json('The reminder.', 'Reminder'),
            ...unauthorized,
            ...unknownReminder,
            ...away,
            ...others,
          },
        },
        patch: {
          operationId: 'changeReminder',
          tags: ['Reminders'],
          summary: 'Reschedule or reword a reminder that is waiting',
          security: toOneReminder[access],
          requestBody: bodyOf('ReminderChange'),
          responses: {
            200: json('The changed reminder.', 'Reminder'),
            ...unauthorized,
            ...unknownReminder,
            409: refused('It is no longer waiting.'),
            ...others,
            ...foreign,
            ...body,
            ...away,
            429: retryLater(
              'It would be too much: from one visitor, to one contact around that time, or for Temporal.',
            ),
          },
        },
        delete: {
          operationId: 'cancelReminder',
          tags: ['Reminders'],
          summary: 'Cancel a reminder',
          security: toOneReminder[access],
          responses: {
            200: json('The cancelled reminder.', 'Reminder'),
            202: json('The cancellation takes a moment: an attempt in flight is let end.', 'Reminder'),
            ...unauthorized,
            ...unknownReminder,
            409: refused('It has ended already.'),
            ...foreign,
            ...away,
            ...others,
          },
        },
      },
      '/api/reminders/{id}/confirmation': {
        parameters: [idParameter],
        post: {
          operationId: 'confirm',
          tags: ['Reminders'],
          summary: 'Show that the contact agrees, by the code that it got by text message',
          security: toOneReminder[access],
          requestBody: bodyOf('Confirmation'),
          responses: {
            ...others,
            200: json('The contact has agreed.', 'Reminder'),
            ...unknownReminder,
            409: refused('The code is too old, was tried too often, or none was sent.'),
            ...body,
            ...unauthorized,
            ...away,
          },
        },
      },
      '/api/reminders/{id}/confirmation-requests': {
        parameters: [idParameter],
        post: {
          operationId: 'askAgain',
          tags: ['Reminders'],
          summary: 'Ask the contact once more whether it agrees',
          security: toOneReminder[access],
          requestBody: bodyOf('ConfirmationRequest'),
          responses: {
            ...others,
            202: json('It is asked.', 'Reminder'),
            ...unknownReminder,
            409: refused('Nobody was asked for consent to this reminder, or it has ended.'),
            ...body,
            ...unauthorized,
            ...away,
            429: retryLater('It has answered, or was asked often enough today, or one visitor has had too many asked.'),
          },
        },
      },
      '/api/outbox': {
        get: {
          operationId: 'listOutbox',
          tags: ['Outbox'],
          summary: 'List the latest 100 messages in the outbox, newest first',
          parameters: queryParameters(outboxQuery),
          security: toOneReminder[access],
          responses: {
            ...others,
            200: json('The messages.', 'Outbox'),
            400: refused('A parameter is wrong.'),
            429: away[429],
            ...unauthorized,
            ...noList,
            ...unknownReminder,
          },
        },
      },
      '/webhooks/sendgrid/events': {
        post: {
          operationId: 'takeSendgridEvents',
          tags: ['Webhooks'],
          summary: 'For SendGrid: what became of emails',
          security: forEveryone,
          parameters: [
            signature('X-Twilio-Email-Event-Webhook-Signature', 'ECDSA over the timestamp and the body.'),
            signature('X-Twilio-Email-Event-Webhook-Timestamp', 'Unix time in seconds, of the last 5 minutes.'),
          ],
          requestBody: {
            required: true,
            content: { 'application/json': { schema: { type: 'array', items: { description: 'An event.' } } } },
          },
          responses: { 204: { description: 'They are taken in; what is unknown is passed over.' }, ...reported },
        },
      },
      '/webhooks/twilio/status': {
        post: {
          operationId: 'takeTwilioStatus',
          tags: ['Webhooks'],
          summary: 'For Twilio: what became of a text message',
          security: forEveryone,
          parameters: [{ name: 'reminderId', in: 'query', schema: { type: 'string' } }, twilioSignature],
          requestBody: form(
            { MessageStatus: 'Such as `delivered`.', ErrorCode: 'Why it failed.', To: 'The phone number.' },
            ['MessageStatus'],
          ),
          responses: {
            204: { description: 'It is taken in; what is unknown is passed over.' },
            ...reported,
            ...refusedForm,
          },
        },
      },
      '/webhooks/twilio/incoming': {
        post: {
          operationId: 'takeTwilioMessage',
          tags: ['Webhooks'],
          summary: 'For Twilio: what a person answered',
          security: forEveryone,
          parameters: [twilioSignature],
          requestBody: form(
            { From: 'The phone number.', Body: 'Such as `STOP`.', OptOutType: 'What Twilio has taken it for.' },
            ['From'],
          ),
          responses: {
            200: {
              description: 'What to answer the person, in TwiML.',
              content: { 'text/xml': { schema: { type: 'string' } } },
            },
            ...reported,
            ...refusedForm,
          },
        },
      },
      '/healthz': {
        get: {
          operationId: 'isAlive',
          tags: ['Operations'],
          summary: 'Is it alive?',
          security: forEveryone,
          responses: { 200: { description: 'It is.' }, ...others },
        },
      },
      '/readyz': {
        get: {
          operationId: 'isReady',
          tags: ['Operations'],
          summary: 'Can it do its work?',
          security: forEveryone,
          responses: { 200: { description: 'It can.' }, ...away, ...others },
        },
      },
      '/metrics': {
        get: {
          operationId: 'getMetrics',
          tags: ['Operations'],
          summary: 'Metrics for Prometheus',
          security: forEveryone,
          responses: { 200: { description: 'Metrics.' }, ...others },
        },
      },
    },
    components: {
      securitySchemes,
      schemas: {
        NewReminder: schemaOf(requests.newReminder, 'input'),
        ReminderChange: schemaOf(requests.change, 'input'),
        Confirmation: schemaOf(confirmation, 'input'),
        ConfirmationRequest: schemaOf(confirmationRequest, 'input'),
        Reminder: schemaOf(reminder, 'output'),
        ReminderPage: schemaOf(reminderPage, 'output'),
        Outbox: schemaOf(outbox, 'output'),
        Problem: schemaOf(problem, 'output'),
      },
    },
  };
}
