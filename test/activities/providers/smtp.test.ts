import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { buffer } from 'node:stream/consumers';
import { simpleParser } from 'mailparser';
import type { SMTPServerOptions } from 'smtp-server';
import { smtpEmail } from '../../../src/activities/providers/smtp';
import { startMailServer, type MailServer } from '../../mailServer';
import { closedPort, failureOf, retryAfterMs, send, startTcpServer } from './provider';

const password = 'a-password-that-nobody-may-see';
const request = {
  reminderId: 'AAAAAAAAAAAAAAAAAAAAAA',
  to: 'bob@example.org',
  message: 'Cuddle Whiskers <now>!\n.\n🐾',
};
const secrets = [password, request.to, 'example.org', 'Cuddle'];

function transportTo(url: string, timeoutMs?: number) {
  return smtpEmail({ kind: 'smtp', url, from: 'Whiskers <whiskers@example.com>' }, timeoutMs);
}

function withUser(url: string): string {
  return url.replace('smtp://', `smtp://whiskers:${password}@`);
}

/** How an SMTP server says no: a reply with a code, which repeats the contacts as real servers do. */
function reply(responseCode: number): Error {
  return Object.assign(new Error(`<${request.to}>: not now, not here`), { responseCode });
}

async function failure(t: TestContext, options: SMTPServerOptions, timeoutMs?: number) {
  const { url, received } = await startMailServer(t, options);
  const failed = await failureOf(send({ email: transportTo(withUser(url), timeoutMs) }, request), secrets);
  assert.equal(received.length, 0);
  return failed;
}

describe('A mail server', () => {
  test('gets the email and gives back its message id', async (t) => {
    const logins: unknown[] = [];
    const { url, received } = await startMailServer(t, {
      onAuth: ({ username, password }, _session, done) => {
        logins.push([username, password]);
        done(null, { user: username });
      },
    });

    const receipt = await send({ email: transportTo(withUser(url)) }, request);

    assert.deepEqual(logins, [['whiskers', password]]);
    assert.equal(received.length, 1);
    const [{ from, to, mail } = assert.fail()] = received;
    assert.equal(from, 'whiskers@example.com');
    assert.deepEqual(to, ['bob@example.org']);
    assert.equal(mail.from?.text, '"Whiskers" <whiskers@example.com>');
    assert.equal(mail.subject, 'Cuddle Whiskers <now>!');
    assert.equal(mail.messageId, receipt.providerId);
    assert.match(receipt.providerId, /^<[0-9a-f]{32}\.email@example\.com>$/);
    assert.equal(mail.headers.get('auto-submitted'), 'auto-generated');
    assert.match(mail.text ?? '', /^Cuddle Whiskers <now>!\n\.\n🐾\n\n-- \nWhiskers/);
    assert.match(String(mail.html), /Cuddle Whiskers &lt;now&gt;!<br>\n\.<br>\n🐾/);
  });

  test('sees the same message id at each attempt of a delivery, and another for another reminder', async (t) => {
    const { url, received } = await startMailServer(t);
    const email = transportTo(url);
    await send({ email }, request);
    await send({ email }, request);
    await send({ email }, { ...request, reminderId: '>\r\nBcc: eve@example.net' });
    const [first, second, other] = received.map(({ mail }) => mail.messageId);
    assert.equal(first, second);
    assert.notEqual(first, other);
    assert.match(other ?? '', /^<[0-9a-f]{32}\.email@example\.com>$/);
  });

  test('sees the message id of the email that it may have sent, when it gets that again', async (t) => {
    let held: string | undefined;
    const silent = await startMailServer(t, {
      onData: (stream) => {
        void buffer(stream)
          .then((raw) => simpleParser(raw))
          .then(({ messageId }) => (held = messageId));
      },
    });
    const failed = await failureOf(send({ email: transportTo(silent.url, 1_000) }, request), secrets);
    assert.equal(failed.type, 'MaybeSent');

    const { url } = await startMailServer(t);
    const now = new Date().toISOString();
    const { providerId } = await send({ email: transportTo(url) }, { ...request, doubt: { since: now, until: now } });
    assert.equal(providerId, held);
  });

  test('sees no header and no recipient that a message tried to add', async (t) => {
    const { url, received } = await startMailServer(t);
    const message = 'Hello\rBcc: eve@example.net\r\nBcc: eve@example.net\r\n\r\nhi\u2028X-Evil: 1';
    await send({ email: transportTo(url) }, { ...request, message });
    const [{ to, mail } = assert.fail()] = received;
    assert.deepEqual(to, [request.to]);
    assert.equal(mail.subject, 'Hello');
    assert.equal(mail.bcc, undefined);
    assert.equal(mail.headers.has('x-evil'), false);
  });

  for (const to of ['bob@example.org, eve@example.net', 'bob@example.org\r\nRCPT TO:<eve@example.net>']) {
    test(`is not asked to send to ${JSON.stringify(to)}`, async (t) => {
      const { url, received } = await startMailServer(t);
      await send({ email: transportTo(url) }, { ...request, to }).catch(() => undefined);
      for (const mail of received) assert.equal(mail.to.length, 1);
      assert(!received.some((mail) => mail.to.includes('eve@example.net')));
    });
  }

  test('that greylists is tried again', async (t) => {
    const failed = await failure(t, {
      onRcptTo: (_address, _session, done) => {
        done(reply(451));
      },
    });
    assert.equal(failed.type, 'Unavailable');
    assert.equal(failed.message, 'The mail server did not take the email for now (reply 451).');
  });

  test('that is too busy is tried again', async (t) => {
    const failed = await failure(t, {
      onConnect: (_session, done) => {
        done(reply(421));
      },
    });
    assert.equal(failed.type, 'Unavailable');
  });

  for (const [what, refusal] of Object.entries({
    address: {
      onConnect: (_session: unknown, done: (error?: Error) => void) => {
        done(reply(554));
      },
    },
    sender: {
      onMailFrom: (_address: unknown, _session: unknown, done: (error?: Error) => void) => {
        done(reply(550));
      },
    },
  })) {
    test(`that refuses our ${what} is tried again slowly, until a person has set it right`, async (t) => {
      const failed = await failure(t, refusal);
      assert.equal(failed.type, 'Unauthorized');
      assert.match(failed.message, /^The mail server refused us .*: check SMTP_URL and EMAIL_FROM\.$/);
      assert.equal(retryAfterMs(failed), 300_000);
    });
  }

  test('that knows no such mailbox rejects for good', async (t) => {
    const failed = await failure(t, {
      onRcptTo: (_address, _session, done) => {
        done(reply(550));
      },
    });
    assert.equal(failed.type, 'Rejected');
    assert.equal(failed.message, 'The mail server rejected the email (reply 550).');
  });

  for (const [code, type] of [
    [452, 'Unavailable'],
    [554, 'Rejected'],
  ] as const) {
    test(`that has read the email may still say no with ${code}`, async (t) => {
      const failed = await failure(t, {
        onData: (stream, _session, done) => {
          stream.resume().on('end', () => {
            done(reply(code));
          });
        },
      });
      assert.equal(failed.type, type);
    });
  }

  test('cannot be given an email for nobody, which is rejected for good', async (t) => {
    const { url } = await startMailServer(t);
    const failed = await failureOf(send({ email: transportTo(url) }, { ...request, to: '' }), secrets.slice(0, 1));
    assert.equal(failed.type, 'Rejected');
    assert.equal(failed.message, 'The mail server rejected the email (EENVELOPE).');
  });

  for (const [code, type] of [
    [535, 'Unauthorized'],
    [454, 'Unavailable'],
  ] as const) {
    test(`that refuses the password with ${code} is tried again`, async (t) => {
      const failed = await failure(t, {
        onAuth: (_login, _session, done) => {
          done(reply(code));
        },
      });
      assert.equal(failed.type, type);
      assert.equal(retryAfterMs(failed), type === 'Unauthorized' ? 300_000 : undefined);
      if (type === 'Unauthorized') assert.match(failed.message, /refused the user or password .* SMTP_URL/);
    });
  }

  test('that wants a password when there is none is tried again slowly', async (t) => {
    const { url } = await startMailServer(t, { authOptional: false });
    const failed = await failureOf(send({ email: transportTo(url) }, request), secrets);
    assert.equal(failed.type, 'Unauthorized');
    assert.equal(retryAfterMs(failed), 300_000);
  });

  test('that is not there is tried again', async () => {
    const email = transportTo(`smtp://whiskers:${password}@127.0.0.1:${await closedPort()}`);
    const failed = await failureOf(send({ email }, request), secrets);
    assert.equal(failed.type, 'Unavailable');
    assert.equal(failed.message, 'The mail server did not answer clearly (ECONNREFUSED): check SMTP_URL.');
  });

  test('that says nothing is given up in time', async (t) => {
    const port = await startTcpServer(t, () => undefined);
    const failed = await failureOf(send({ email: transportTo(`smtp://127.0.0.1:${port}`, 300) }, request), secrets);
    assert.equal(failed.type, 'Unavailable');
    assert.equal(failed.message, 'The mail server did not answer in time: check SMTP_URL.');
  });

  test('that is a web server is tried again', async (t) => {
    const port = await startTcpServer(t, (socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    const failed = await failureOf(send({ email: transportTo(`smtp://127.0.0.1:${port}`) }, request), secrets);
    assert.equal(failed.type, 'Unavailable');
  });

  test('whose certificate nobody vouches for gets nothing', async (t) => {
    const { url, received } = await startMailServer(t, { secure: true });
    const email = transportTo(url.replace('smtp://', `smtps://whiskers:${password}@`));
    const failed = await failureOf(send({ email }, request), secrets);
    assert.equal(failed.type, 'Unavailable');
    assert.match(failed.message, /CERT/);
    assert.equal(received.length, 0);
  });

  test('that falls silent in the dialogue has not got the email', async (t) => {
    const failed = await failure(t, { onRcptTo: () => undefined }, 500);
    assert.equal(failed.type, 'Unavailable');
  });

  test('that falls silent after it has read the email may have sent it', async (t) => {
    const failed = await failure(t, { onData: (stream) => stream.resume() }, 1000);
    assert.equal(failed.type, 'MaybeSent');
    assert.equal(failed.message, 'The mail server did not answer in time, so the email may have been sent.');
  });

  test('that goes away after it has read the email may have sent it', async (t) => {
    const server: MailServer = await startMailServer(t, {
      onData: (stream) => {
        stream.resume().on('end', () => {
          server.hangUp();
        });
      },
    });
    const failed = await failureOf(send({ email: transportTo(server.url) }, request), secrets);
    assert.equal(failed.type, 'MaybeSent');
  });
});
