import assert from 'node:assert/strict';
import { request as httpRequest } from 'node:http';
import type { Problem } from '../../src/api/problem';
import type { Reminder } from '../../src/temporal/reminders';

/** What the course's own page sends. */
export const courseRequest = {
  waitSeconds: '30',
  preference: 'both',
  message: 'Cuddle Whiskers',
  email: 'bob@example.com',
  phone: '+14155552671',
};

/** Sends JSON. */
export function send(
  url: string,
  method: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(url, {
    method,
    headers: { 'Content-Type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
    redirect: 'manual',
  });
}

/** Starts a reminder, which must be accepted. */
export async function startReminder(url: string, fields: Record<string, unknown> = {}): Promise<Reminder> {
  const response = await send(`${url}/api/reminders`, 'POST', { ...courseRequest, ...fields });
  assert.equal(response.status, 201, await response.clone().text());
  return (await response.json()) as Reminder;
}

export async function getReminder(url: string, id: string): Promise<Reminder> {
  const response = await fetch(`${url}/api/reminders/${id}`);
  assert.equal(response.status, 200, await response.clone().text());
  return (await response.json()) as Reminder;
}

/** Checks that a request was refused with problem details (RFC 9457), and returns them. */
export async function problemOf(response: Response, status: number): Promise<Problem> {
  const text = await response.text();
  assert.equal(response.status, status, text);
  assert.match(response.headers.get('Content-Type') ?? '', /^application\/problem\+json/);
  const problem = JSON.parse(text) as Problem;
  assert.equal(problem.status, status);
  assert.ok(problem.title && problem.detail, text);
  return problem;
}

/** A request with a `Host` header of one's choice, which `fetch` does not allow. */
export function statusWithHost(url: string, host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    httpRequest(`${url}/healthz`, { headers: { Host: host } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on('error', reject)
      .end();
  });
}
