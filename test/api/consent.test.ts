import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import twilio from 'twilio';
import { stop } from '../../src/workflows/contact';
import { startMailServer, type MailServer } from '../mailServer';
import { freePort } from '../ports';
import { eventually, startSystem, type System } from '../system';
import { startTwilio, twilioAccount, type FakeTwilio } from '../twilio';
import { getReminder, problemOf, send, startReminder } from './client';

describe('with providers of their own, people are asked before they get a reminder', () => {
  let mail: MailServer;
  let sms: FakeTwilio;
  let system: System;
  const closers: (() => void)[] = [];
  before(async () => {
    mail = await startMailServer({ after: (close) => closers.push(close) });
    sms = await startTwilio();
    const port = await freePort();
    system = await startSystem({
      PORT: String(port),
      REQUIRE_CONSENT: '', // As it is by itself.
      SMTP_URL: mail.url,
      EMAIL_FROM: 'Whiskers <whiskers@example.com>',
      TWILIO_ACCOUNT_SID: twilioAccount.accountSid,
      TWILIO_AUTH_TOKEN: twilioAccount.authToken,
      TWILIO_FROM: '+15005550006',
      TWILIO_BASE_URL: sms.url,
    });
  });
  after(async () => {
    await system.stop();
    await sms.stop();
    for (const close of closers) close();
  });

  let people = 0;
  /** Somebody who was never written to. */
  function somebody() {
    people++;
    return { email: `bob${people}@example.com`, phone: `+141555526${70 + people}` };
  }

  const emailsTo = (address: string) => mail.received.filter(({ to }) => to.includes(address)).map(({ mail }) => mail);
  const textsTo = (phone: string) => sms.messages.filter(({ to }) => to === phone).map(({ body }) => body ?? '');
  const linkIn = (text: string | undefined, page: string) =>
    new RegExp(`http://127\\.0\\.0\\.1:\\d+/${page}/\\S+`).exec(text ?? '')?.[0] ?? '';
  const codeIn = (text: string | undefined) => /\b\d{6}\b/.exec(text ?? '')?.[0] ?? '';

  async function questionTo(address: string): Promise<string> {
    return eventually(() => Promise.resolve(linkIn(emailsTo(address)[0]?.text, 'confirm')));
  }

  async function stateOf(id: string) {
    const { state, deliveries } = await getReminder(system.url, id);
    return { state, deliveries };
  }

  async function agree(link: string): Promise<void> {
    assert.equal((await fetch(link, { method: 'POST' })).status, 200);
  }

  test('by a link in an email, which says nothing of the reminder; then what waited is sent', async () => {
    const { email } = somebody();
    const { id } = await startReminder(system.url, { preference: 'email', email, waitSeconds: 0 });
    const link = await questionTo(email);
    assert.doesNotMatch(emailsTo(email)[0]?.text ?? '', /Cuddle Whiskers/);
    const waiting = await eventually(async () => {
      const now = await stateOf(id);
      return now.deliveries[0]?.waitsFor === 'consent' && now;
    });
    assert.equal(waiting.state, 'sending');
    assert.deepEqual([waiting.deliveries[0]?.status, waiting.deliveries[0]?.attempts], ['pending', 0]);
    assert.equal(waiting.deliveries[0]?.consent, 'unconfirmed');

    const page = await fetch(link);
    assert.equal(page.status, 200);
    assert.match(await page.text(), /Yes, send me reminders/);
    assert.equal(emailsTo(email).length, 1, 'opening the page changes nothing');

    await agree(link);
    await eventually(async () => (await stateOf(id)).state === 'succeeded');
    assert.match(emailsTo(email)[1]?.text ?? '', /Cuddle Whiskers/);
    assert.equal(emailsTo(email).length, 2);

    const next = await startReminder(system.url, { preference: 'email', email, waitSeconds: 0 });
    await eventually(async () => (await stateOf(next.id)).state === 'succeeded');
    assert.equal(emailsTo(email).length, 3, 'nobody is asked twice');
  });

  test('one question stands for all reminders that wait, which are all told', async () => {
    const { email } = somebody();
    const reminders = await Promise.all(
      [1, 2, 3].map((number) =>
        startReminder(system.url, { preference: 'email', email, waitSeconds: 0, message: `Cuddle ${number}` }),
      ),
    );
    const link = await questionTo(email);
    await eventually(async () => {
      const all = await Promise.all(reminders.map(({ id }) => stateOf(id)));
      return all.every(({ deliveries }) => deliveries[0]?.waitsFor === 'consent');
    });
    assert.equal(emailsTo(email).length, 1);
    await agree(link);
    await eventually(async () => {
      const all = await Promise.all(reminders.map(({ id }) => stateOf(id)));
      return all.every(({ state }) => state === 'succeeded');
    });
    assert.equal(emailsTo(email).length, 4);
  });

  test('are asked as soon as the reminder is made, though it is due in a year', async () => {
    const { email } = somebody();
    const { id } = await startReminder(system.url, { preference: 'email', email, waitSeconds: 31_000_000 });
    await questionTo(email);
    const { state, deliveries } = await stateOf(id);
    assert.deepEqual([state, deliveries[0]?.consent], ['waiting', 'unconfirmed']);
  });

  test('a link with another key does nothing, and a made-up contact has no page', async () => {
    const { email } = somebody();
    const { id } = await startReminder(system.url, { preference: 'email', email });
    const link = await questionTo(email);
    const wrong = await fetch(link.replace(/key=.*/, 'key=00000000-0000-0000-0000-000000000000'), { method: 'POST' });
    assert.equal(wrong.status, 409);
    assert.equal((await stateOf(id)).deliveries[0]?.consent, 'unconfirmed');
    const unknown = `${system.url}/confirm/contact-AAAAAAAAAAAAAAAAAAAAAA?key=x`;
    assert.equal((await fetch(unknown)).status, 404);
    assert.equal((await fetch(unknown, { method: 'POST' })).status, 404);
  });

  test('by a code in a text message, which whoever made the reminder passes on', async () => {
    const { phone } = somebody();
    const { id } = await startReminder(system.url, { preference: 'sms', phone, waitSeconds: 0 });
    const code = await eventually(() => Promise.resolve(codeIn(textsTo(phone)[0])));
    const confirmation = `${system.url}/api/reminders/${id}/confirmation`;
    const wrong = code === '000000' ? '000001' : '000000';
    const problem = await problemOf(await send(confirmation, 'POST', { code: wrong }), 422);
    assert.equal(problem.errors?.[0]?.field, 'code');
    await problemOf(await send(confirmation, 'POST', { code: '12345' }), 422);
    assert.equal((await send(confirmation, 'POST', { code })).status, 200);
    await eventually(async () => (await stateOf(id)).state === 'succeeded');
    assert.match(textsTo(phone)[1] ?? '', /^Cuddle Whiskers\n\(ref /);
  });

  test('a code is looked at five times, and a new one can be had, but few in a day', async () => {
    const { phone } = somebody();
    const { id } = await startReminder(system.url, { preference: 'sms', phone });
    const reminder = `${system.url}/api/reminders/${id}`;
    const code = await eventually(() => Promise.resolve(codeIn(textsTo(phone)[0])));
    const wrong = code === '000000' ? '000001' : '000000';
    const give = (code: string) => send(`${reminder}/confirmation`, 'POST', { code });
    for (let tried = 1; tried < 5; tried++) await problemOf(await give(wrong), 422);
    await problemOf(await give(wrong), 409);
    await problemOf(await give(code), 409);

    const again = () => send(`${reminder}/confirmation-requests`, 'POST', { channel: 'sms' });
    assert.equal((await again()).status, 202);
    const next = await eventually(() => Promise.resolve(codeIn(textsTo(phone)[1])));
    assert.notEqual(next, code);
    // While the workflow does not know yet that the last one was sent, there is nothing to send again.
    await eventually(async () => {
      await again();
      return textsTo(phone).length === 3;
    });
    assert.equal(next, codeIn(textsTo(phone)[2]), 'one that is still good is sent again');
    const tooOften = await eventually(async () => {
      const response = await again();
      return response.status === 429 && response;
    });
    assert.ok(Number(tooOften.headers.get('Retry-After')) > 0);
    await problemOf(tooOften, 429);
    assert.equal((await give(codeIn(textsTo(phone)[2]))).status, 200);
    assert.equal((await stateOf(id)).deliveries[0]?.consent, 'confirmed');
  });

  test('nobody is asked again on behalf of a reminder that has ended', async () => {
    const { phone } = somebody();
    const { id } = await startReminder(system.url, { preference: 'sms', phone, waitSeconds: 3600 });
    await eventually(() => Promise.resolve(textsTo(phone).length === 1));
    const reminder = `${system.url}/api/reminders/${id}`;
    assert.equal((await send(reminder, 'DELETE', '')).status, 200);
    await problemOf(await send(`${reminder}/confirmation-requests`, 'POST', { channel: 'sms' }), 409);
  });

  test('a link cannot be guessed, and wrong ones do not use it up', async () => {
    const { email } = somebody();
    await startReminder(system.url, { preference: 'email', email });
    const link = await questionTo(email);
    for (let time = 0; time < 10; time++)
      assert.equal((await fetch(link.replace(/key=.*/, `key=${time}`), { method: 'POST' })).status, 409);
    await agree(link);
  });

  test('each channel of a reminder for both waits for its own', async () => {
    const { email, phone } = somebody();
    const { id } = await startReminder(system.url, { email, phone, waitSeconds: 0 });
    await agree(await questionTo(email));
    await eventually(async () => (await stateOf(id)).deliveries[0]?.status === 'sent');
    const { state, deliveries } = await stateOf(id);
    assert.deepEqual([state, deliveries[1]?.waitsFor], ['sending', 'consent']);
  });

  test('every email can be stopped with one click, and nothing goes there any more', async () => {
    const { email } = somebody();
    const { id } = await startReminder(system.url, { preference: 'email', email, waitSeconds: 0 });
    await agree(await questionTo(email));
    await eventually(async () => (await stateOf(id)).state === 'succeeded');
    const letter = emailsTo(email)[1];
    const link = linkIn(letter?.text, 'stop');
    const headers = letter?.headerLines.map(({ line }) => line.replace(/\s+/g, ' ')) ?? [];
    assert.ok(headers.includes(`List-Unsubscribe: <${link}>`), headers.join('\n'));
    assert.ok(headers.includes('List-Unsubscribe-Post: List-Unsubscribe=One-Click'));
    const page = await fetch(link);
    assert.match(await page.text(), /Stop all messages to me/);
    const sent = await startReminder(system.url, { preference: 'email', email, waitSeconds: 0 });
    await eventually(async () => (await stateOf(sent.id)).state === 'succeeded'); // Opening the page has changed nothing.
    const next = await startReminder(system.url, { preference: 'email', email, waitSeconds: 2 });

    const body = new URLSearchParams({ 'List-Unsubscribe': 'One-Click' });
    assert.equal((await fetch(link, { method: 'POST', body })).status, 200);
    const { deliveries } = await eventually(async () => {
      const now = await stateOf(next.id);
      return now.state === 'failed' && now;
    });
    assert.equal(deliveries[0]?.status, 'skipped');
    assert.equal(emailsTo(email).length, 3);

    assert.match(await (await fetch(link)).text(), /no more messages/);
    const again = await fetch(link, { method: 'POST', body: new URLSearchParams({ again: 'yes' }) });
    assert.match(await again.text(), /People can reach you again/);
    const last = await startReminder(system.url, { preference: 'email', email, waitSeconds: 0 });
    await eventually(() => Promise.resolve(emailsTo(email).length === 4));
    assert.equal((await stateOf(last.id)).deliveries[0]?.consent, 'unconfirmed', 'the link in every email gives none');
    await agree(linkIn(emailsTo(email)[3]?.text, 'confirm'));
    await eventually(async () => (await stateOf(last.id)).state === 'succeeded');
  });

  test('nobody stops the messages of others: the key of a stop link belongs to it', async () => {
    const [one, other] = [somebody(), somebody()];
    for (const { email } of [one, other]) await startReminder(system.url, { preference: 'email', email });
    await questionTo(one.email);
    await questionTo(other.email);
    const [link, otherLink] = [one, other].map(
      ({ email }) => /\/stop\/[^"]+/.exec(String(emailsTo(email)[0]?.html))?.[0],
    );
    const forged = `${otherLink?.split('?')[0] ?? ''}?${link?.split('?')[1] ?? ''}`;
    for (const method of ['GET', 'POST'])
      for (const path of [forged, '/stop/contact-AAAAAAAAAAAAAAAAAAAAAA'])
        assert.equal((await fetch(system.url + path, { method })).status, 404, `${method} ${path}`);
  });

  test('whoever replies STOP gets nothing, and START makes it come again', async () => {
    const { phone } = somebody();
    const { id } = await startReminder(system.url, { preference: 'sms', phone, waitSeconds: 0 });
    await eventually(async () => (await stateOf(id)).deliveries[0]?.waitsFor === 'consent');
    const incoming = async (Body: string) => {
      const url = `${system.url}/webhooks/twilio/incoming`;
      const form = { From: phone, Body };
      const signature = twilio.getExpectedTwilioSignature(twilioAccount.authToken, url, form);
      const headers = { 'X-Twilio-Signature': signature };
      assert.equal((await fetch(url, { method: 'POST', headers, body: new URLSearchParams(form) })).status, 200);
    };
    await incoming('Stop');
    const { deliveries } = await eventually(async () => {
      const now = await stateOf(id);
      return now.state === 'failed' && now;
    });
    assert.deepEqual([deliveries[0]?.status, deliveries[0]?.error], ['skipped', 'The person has replied STOP.']);
    assert.equal(textsTo(phone).length, 1, 'only the question was sent');

    await incoming('START');
    const next = await startReminder(system.url, { preference: 'sms', phone, waitSeconds: 0 });
    await eventually(async () => (await stateOf(next.id)).state === 'succeeded');
  });

  test('who cannot be asked is told of, and the reminder fails', async () => {
    const { phone } = somebody();
    const { confirm } = sms;
    sms.confirm = (response) => {
      response.writeHead(400, { 'Content-Type': 'application/json' }).end('{"code": 21614, "status": 400}');
    };
    const { id } = await startReminder(system.url, { preference: 'sms', phone, waitSeconds: 0 });
    const { deliveries } = await eventually(async () => {
      const now = await stateOf(id);
      return now.state === 'failed' && now;
    }).finally(() => (sms.confirm = confirm));
    assert.match(deliveries[0]?.error ?? '', /Consent could not be asked for: .*cannot receive text messages/);
  });

  test('a workflow that was started elsewhere cannot go round it', async () => {
    const { email } = somebody();
    const now = new Date().toISOString();
    const input = { preference: 'email', email, message: 'Cuddle Whiskers', dueAt: now, createdAt: now };
    const id = `elsewhere-${email}`;
    await system.client.workflow.start('reminder', { workflowId: id, taskQueue: 'reminders', args: [input] });
    const link = await questionTo(email);
    assert.equal(emailsTo(email).length, 1);
    await agree(link);
    await eventually(async () => (await stateOf(id)).state === 'succeeded');
  });

  test('a contact that stops while its reminder waits is told apart from a cancellation', async () => {
    const { email } = somebody();
    const { id } = await startReminder(system.url, { preference: 'email', email, waitSeconds: 0 });
    const link = await questionTo(email);
    const contact = /contact-[\w-]+/.exec(link)?.[0] ?? '';
    await system.client.workflow.getHandle(contact).signal(stop, 'The person has unsubscribed.');
    const { state, deliveries } = await eventually(async () => {
      const now = await stateOf(id);
      return now.state !== 'sending' && now;
    });
    assert.deepEqual([state, deliveries[0]?.status], ['failed', 'skipped']);
  });
});

test('more people than a day has questions for are asked later', async (t) => {
  const closers: (() => void)[] = [];
  const mail = await startMailServer({ after: (close) => closers.push(close) });
  const system = await startSystem({
    PORT: String(await freePort()),
    REQUIRE_CONSENT: '',
    SMTP_URL: mail.url,
    EMAIL_FROM: 'Whiskers <whiskers@example.com>',
    MAX_QUESTIONS_PER_DAY: '1',
  });
  t.after(async () => {
    await system.stop();
    for (const close of closers) close();
  });
  const asked = async () => {
    const { count } = await system.client.workflow.count(
      `ContactChannel = 'email' AND ContactAskedAt > '2000-01-01T00:00:00Z'`,
    );
    return count;
  };
  await startReminder(system.url, { preference: 'email', email: 'first@example.com', waitSeconds: 3600 });
  await eventually(async () => (await asked()) === 1);
  await startReminder(system.url, { preference: 'email', email: 'second@example.com', waitSeconds: 3600 });
  const refusals = async () => {
    const told = [];
    for await (const { workflowId } of system.client.workflow.list({ query: "WorkflowType = 'contact'" })) {
      const { events } = await system.client.workflow.getHandle(workflowId).fetchHistory();
      told.push(...(events ?? []).map(({ activityTaskFailedEventAttributes: failed }) => failed?.failure?.message));
    }
    return told;
  };
  await eventually(async () => (await refusals()).includes('Too many people were asked for consent today.'));
  assert.deepEqual(
    mail.received.map(({ to }) => to),
    [['first@example.com']],
  );
});
