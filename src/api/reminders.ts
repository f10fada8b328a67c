import { createHash, randomBytes } from 'node:crypto';
import { Router, type Request } from 'express';
import type { ConfirmationOutcome } from '../contact';
import type { Recipient } from '../reminder';
import type { Reminder, Reminders } from '../temporal/reminders';
import type { Access } from './access';
import { methodNotAllowed } from './errors';
import { Refusal } from './problem';
import { readBody, readIdempotencyKey, readQuery } from './requests';
import { confirmation, confirmationRequest, listQuery, type RequestSchemas } from './schemas';
import type { z } from 'zod';

/**
 * `/api/reminders`: start, list, see, change and cancel reminders.
 *
 * @param publicUrl - where people reach the pages, without a trailing slash, if that is known.
 */
export function remindersRouter(reminders: Reminders, schemas: RequestSchemas, access: Access, publicUrl = ''): Router {
  const router = Router();

  router.post('/api/reminders', async (request, response) => {
    const fields = readBody(request, schemas.newReminder);
    const { message, waitSeconds, remindAt, fallback, timeZone, idempotencyKey } = fields;
    const recipient = recipientOf(fields);
    const createdAt = new Date();
    const options = { ...(fallback && { fallback }), ...(timeZone !== undefined && { timeZone }) };
    const fingerprint = digest(
      JSON.stringify({ recipient, message, waitSeconds, remindAt: remindAt && new Date(remindAt), ...options }),
    );
    // A form keeps its key when someone comes back to it and fills in another reminder.
    const key = readIdempotencyKey(request) ?? (idempotencyKey && `${idempotencyKey} ${fingerprint}`);
    const id = reminderIdOf(key);
    const query = await access.queryOf(id);
    const { reminder, created } = await reminders.start(
      id,
      { ...recipient, ...options, message, dueAt: dueAtOf(fields, createdAt), createdAt: createdAt.toISOString() },
      fingerprint,
    );
    if (request.is('urlencoded')) {
      response.redirect(303, `/r/${id}${query}`);
    } else {
      response
        .status(created ? 201 : 200)
        .location(`/api/reminders/${id}${query}`)
        .json(await withUrl(reminder));
    }
  });

  router.get('/api/reminders', async (request, response) => {
    access.toAll(request);
    response.json(await reminders.list(readQuery(request, listQuery)));
  });

  router.get('/api/reminders/:id', async (request, response) => {
    const { id } = request.params;
    await access.toReminder(request, id);
    response.json(await withUrl(await reminders.get(id)));
  });

  router.patch('/api/reminders/:id', async (request: Request<{ id: string }>, response) => {
    const { id } = request.params;
    await access.toReminder(request, id);
    const fields = readBody(request, schemas.change);
    const moved = fields.waitSeconds !== undefined || fields.remindAt !== undefined;
    const change = { message: fields.message, ...(moved && { dueAt: dueAtOf(fields, new Date()) }) };
    response.json(await withUrl(await reminders.change(id, change)));
  });

  router.delete('/api/reminders/:id', async (request, response) => {
    const { id } = request.params;
    await access.toReminder(request, id);
    const reminder = await reminders.cancel(id);
    response.status(reminder.state === 'cancelled' ? 200 : 202).json(await withUrl(reminder));
  });

  router.post('/api/reminders/:id/confirmation', async (request: Request<{ id: string }>, response) => {
    const { id } = request.params;
    await access.toReminder(request, id);
    const { code } = readBody(request, confirmation);
    const outcome = await reminders.confirm(id, code);
    if (outcome !== 'confirmed') throw refusalOf(outcome);
    response.json(await withUrl(await reminders.get(id)));
  });

  router.post('/api/reminders/:id/confirmation-requests', async (request: Request<{ id: string }>, response) => {
    const { id } = request.params;
    await access.toReminder(request, id);
    const { channel } = readBody(request, confirmationRequest);
    if (!(await reminders.askAgain(id, channel))) throw tooOften();
    response.status(202).json(await withUrl(await reminders.get(id)));
  });

  async function withUrl(reminder: Reminder): Promise<Reminder & { url?: string }> {
    const query = await access.queryOf(reminder.id);
    return query === '' ? reminder : { ...reminder, url: `${publicUrl}/r/${reminder.id}${query}` };
  }

  router.all('/api/reminders', methodNotAllowed('GET', 'HEAD', 'POST'));
  router.all('/api/reminders/:id', methodNotAllowed('GET', 'HEAD', 'PATCH', 'DELETE'));
  for (const path of ['/api/reminders/:id/confirmation', '/api/reminders/:id/confirmation-requests'])
    router.all(path, methodNotAllowed('POST'));
  return router;
}

function refusalOf(outcome: Exclude<ConfirmationOutcome, 'confirmed'>): Refusal {
  switch (outcome) {
    case 'wrong':
      return new Refusal(422, 'code is not the one of the last text message.', [
        { field: 'code', detail: 'is not the one of the last text message' },
      ]);
    case 'exhausted':
      return new Refusal(409, 'That was tried too often. Have a new code sent.');
    case 'expired':
      return new Refusal(409, 'The code is too old, or none was sent. Have a new one sent.');
  }
}

/** Seconds of an hour: within a day there is room for another question. */
const LATER = { 'Retry-After': '3600' };

function tooOften(): Refusal {
  return new Refusal(429, 'They have answered already, or were asked often enough today.', undefined, LATER);
}

/** The same key makes the same id, so that it starts one reminder however often it is sent. */
function reminderIdOf(key: string | undefined): string {
  return key === undefined ? randomBytes(16).toString('base64url') : digest(`Idempotency-Key: ${key}`);
}

/** 128 bits, like a random id, as 22 characters that are safe in an address. */
function digest(text: string): string {
  return createHash('sha256').update(text).digest().subarray(0, 16).toString('base64url');
}

type Times = Pick<z.infer<RequestSchemas['newReminder']>, 'waitSeconds' | 'remindAt'>;

/** One in the past is due now: limits count it where it is sent. */
function dueAtOf({ waitSeconds = 0, remindAt }: Times, now: Date): string {
  const wished = remindAt === undefined ? now.getTime() + waitSeconds * 1_000 : Date.parse(remindAt);
  return new Date(Math.max(wished, now.getTime())).toISOString();
}

/** Only the contacts that the preference needs are kept. */
function recipientOf(fields: z.infer<RequestSchemas['newReminder']>): Recipient {
  const { email = '', phone = '', preference = email && phone ? 'both' : email ? 'email' : 'sms' } = fields;
  switch (preference) {
    case 'email':
      return { preference, email };
    case 'sms':
      return { preference, phone };
    case 'both':
      return { preference, email, phone };
  }
}
