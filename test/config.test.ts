import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { resolve } from 'node:path';
import { describe, test } from 'node:test';
import { readConfig, type Config } from '../src/config';
import express from 'express';
import { StartError } from '../src/startError';

const sid = `AC${'0'.repeat(32)}`;
/** No file of this machine's user shall have a say. */
const read = (env: Record<string, string>) => readConfig({ HOME: __dirname, ...env });

describe('the settings', () => {
  test('need none at all', () => {
    const config = read({});
    assert.equal(config.host, '127.0.0.1');
    assert.equal(config.port, 3000);
    assert.equal(config.dataDir, resolve('.data'));
    assert.equal(config.defaultCountry, 'US');
    assert.deepEqual(config.temporal, { kind: 'embedded', cli: undefined, port: 7233, uiPort: 8233 });
    assert.deepEqual([config.email.kind, config.sms.kind], ['outbox', 'outbox']);
  });

  test('that are empty count as absent', () => {
    const config = read({ PORT: '', SENDGRID_API_KEY: ' ', TWILIO_ACCOUNT_SID: '', TEMPORAL_ADDRESS: '' });
    assert.deepEqual([config.port, config.email.kind, config.sms.kind], [3000, 'outbox', 'outbox']);
    assert.equal(config.temporal.kind, 'embedded');
  });

  test('choose the transports', () => {
    const from = { EMAIL_FROM: 'Whiskers <whiskers@example.com>' };
    assert.equal(read({ ...from, SENDGRID_API_KEY: 'SG.key' }).email.kind, 'sendgrid');
    assert.equal(read({ ...from, SMTP_URL: 'smtp://localhost:1025' }).email.kind, 'smtp');
    const twilio = read({ TWILIO_ACCOUNT_SID: sid, TWILIO_AUTH_TOKEN: 'token', TWILIO_FROM: '+15005550006' }).sms;
    assert.equal(twilio.kind, 'twilio');
    assert.deepEqual(twilio.sender, { from: '+15005550006' });
  });

  test('of Temporal clients mean a Temporal that is there already', () => {
    const each: Record<string, string>[] = [
      { TEMPORAL_ADDRESS: 'temporal.example:7233' },
      { TEMPORAL_ADDRESS: 'cloud.example:7233', TEMPORAL_API_KEY: 'key', TEMPORAL_NAMESPACE: 'cuddles.x1' },
      { TEMPORAL_ADDRESS: 'tls.example:7233', TEMPORAL_TLS: 'true', TEMPORAL_TLS_SERVER_NAME: 'temporal' },
      { TEMPORAL_CONFIG_FILE: resolve(__dirname, 'temporal.toml'), TEMPORAL_PROFILE: 'cuddles' },
    ];
    for (const env of each) {
      assert.equal(read(env).temporal.kind, 'external', JSON.stringify(env));
    }
  });

  test('tell what the log has to leave out', () => {
    const ACCESS_TOKEN = '0123456789abcdef';
    const keys = [1, 2].map((byte) => Buffer.alloc(32, byte).toString('base64'));
    const SMTP_URL = 'smtps://w:p%40ss@h';
    const { secrets } = read({ ACCESS_TOKEN, ENCRYPTION_KEY: keys.join(', '), SMTP_URL, EMAIL_FROM: 'a@b.c' });
    for (const secret of [ACCESS_TOKEN, ...keys, SMTP_URL, 'p%40ss', 'p@ss'])
      assert.ok(secrets.includes(secret), secret);

    const others = {
      SENDGRID_API_KEY: 'SG.key',
      TEMPORAL_ADDRESS: 'cloud.example:7233',
      TEMPORAL_API_KEY: 'a-key-of-temporal',
      TWILIO_AUTH_TOKEN: 'a-token-of-twilio',
    };
    const all = { ...others, EMAIL_FROM: 'a@b.c', TWILIO_ACCOUNT_SID: sid, TWILIO_FROM: '+15005550006' };
    for (const secret of [others.SENDGRID_API_KEY, others.TEMPORAL_API_KEY, others.TWILIO_AUTH_TOKEN])
      assert.ok(read(all).secrets.includes(secret), secret);
  });

  test('tell who may see and change reminders', () => {
    const token = '0123456789abcdef';
    const cases: [env: Record<string, string>, access: Config['access']][] = [
      [{}, { kind: 'open' }],
      [{ HOST: 'localhost', PUBLIC_URL: 'http://localhost:3000' }, { kind: 'open' }],
      [{ HOST: '::1', PUBLIC_URL: 'http://[::1]:3000' }, { kind: 'open' }],
      [{ HOST: '127.8.8.8', PUBLIC_URL: 'http://127.0.0.1' }, { kind: 'open' }],
      [{ HOST: '0.0.0.0' }, { kind: 'capability' }],
      [{ HOST: '192.168.1.7' }, { kind: 'capability' }],
      [{ HOST: '127.cuddles.example.com' }, { kind: 'capability' }],
      [{ PUBLIC_URL: 'https://cuddles.example.com' }, { kind: 'capability' }],
      [{ PUBLIC_URL: 'https://127.0.0.1.example.com' }, { kind: 'capability' }],
      [{ ACCESS_TOKEN: ' ' }, { kind: 'open' }],
      [{ ACCESS_TOKEN: token }, { kind: 'token', token }],
      [
        { ACCESS_TOKEN: token, HOST: '0.0.0.0' },
        { kind: 'token', token },
      ],
    ];
    for (const [env, access] of cases) assert.deepEqual(read(env).access, access, JSON.stringify(env));
  });

  const verificationKey = generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).publicKey;

  test('take the key of SendGrid’s webhook as SendGrid shows it, or as a PEM file', () => {
    const base64 = verificationKey.export({ format: 'der', type: 'spki' }).toString('base64');
    const pem = verificationKey.export({ format: 'pem', type: 'spki' }).toString();
    for (const SENDGRID_WEBHOOK_PUBLIC_KEY of [base64, ` ${base64}\n`, pem, pem.trim().replaceAll('\n', '\\n')]) {
      const { sendgridPublicKey } = read({ SENDGRID_WEBHOOK_PUBLIC_KEY }).webhooks;
      assert.ok(sendgridPublicKey?.equals(verificationKey), SENDGRID_WEBHOOK_PUBLIC_KEY);
    }
    assert.equal(read({}).webhooks.sendgridPublicKey, undefined);
  });

  test('tell Twilio where to report, unless it could not reach that', () => {
    const twilio = { TWILIO_ACCOUNT_SID: sid, TWILIO_AUTH_TOKEN: 'token', TWILIO_FROM: '+15005550006' };
    for (const [env, statusCallback] of [
      [{}, undefined],
      [{ PUBLIC_URL: 'https://c.example' }, 'https://c.example/webhooks/twilio/status'],
      [{ PUBLIC_URL: 'http://localhost:3000' }, undefined],
      [{ PUBLIC_URL: 'http://127.0.0.1:3000', TWILIO_BASE_URL: 'https://api.dublin.ie1.twilio.com' }, undefined],
      [{ PUBLIC_URL: 'http://[::1]', TWILIO_BASE_URL: 'http://localhost:4010' }, 'http://[::1]/webhooks/twilio/status'],
    ] as const) {
      const { sms, webhooks } = read({ ...twilio, ...env });
      assert.equal(sms.kind === 'twilio' && sms.statusCallback, statusCallback, JSON.stringify(env));
      assert.equal(webhooks.twilioAuthToken, 'token');
    }
    assert.equal(read({}).webhooks.twilioAuthToken, undefined);
  });

  test('take several keys for encryption', () => {
    const keys = [Buffer.alloc(32, 1), Buffer.alloc(32, 255)];
    const ENCRYPTION_KEY = keys.map((key) => key.toString('base64')).join(', ');
    assert.deepEqual(read({ ENCRYPTION_KEY }).encryptionKeys, keys);
    assert.deepEqual(read({}).encryptionKeys, []);
  });

  test('trust proxies that are counted or named, and no others', () => {
    const trusted: [text: string, proxies: number | string[]][] = [
      ['1', 1],
      [' 2 ', 2],
      ['0', 0],
      ['loopback', ['loopback']],
      ['loopback, 10.0.0.0/8,fc00::/7', ['loopback', '10.0.0.0/8', 'fc00::/7']],
      ['192.0.2.1,2001:db8::1, linklocal,uniquelocal', ['192.0.2.1', '2001:db8::1', 'linklocal', 'uniquelocal']],
    ];
    for (const [text, proxies] of trusted) {
      const { trustProxy } = read({ TRUST_PROXY: text });
      assert.deepEqual(trustProxy, proxies);
      express().set('trust proxy', trustProxy); // Which throws for what it does not know.
    }
    assert.equal(read({}).trustProxy, undefined);
  });

  test('limit what others may do as soon as there are others', () => {
    assert.deepEqual(read({}).limits, {
      requestsPerMinute: undefined,
      perContactPerDay: undefined,
      questionsPerDay: undefined,
      waiting: 100_000,
    });
    assert.equal(read({ PUBLIC_URL: 'http://localhost:8080', HOST: '::1' }).limits.requestsPerMinute, undefined);
    const openly: Record<string, string>[] = [
      { HOST: '0.0.0.0' },
      { HOST: '::' },
      { PUBLIC_URL: 'https://cuddles.example.com' },
    ];
    for (const open of openly)
      assert.deepEqual(read(open).limits, {
        requestsPerMinute: 120,
        perContactPerDay: 20,
        questionsPerDay: 1_000,
        waiting: 100_000,
      });
    const set = {
      REQUESTS_PER_MINUTE: '700',
      MAX_PER_CONTACT_PER_DAY: '7',
      MAX_QUESTIONS_PER_DAY: '77',
      MAX_WAITING: '70',
    };
    for (const HOST of ['127.0.0.1', '0.0.0.0'])
      assert.deepEqual(read({ ...set, HOST }).limits, {
        requestsPerMinute: 700,
        perContactPerDay: 7,
        questionsPerDay: 77,
        waiting: 70,
      });
  });

  test('have people asked for consent where messages are sent for real, unless they say otherwise', () => {
    const from = { EMAIL_FROM: 'whiskers@example.com' };
    const twilio = { TWILIO_ACCOUNT_SID: sid, TWILIO_AUTH_TOKEN: 'token', TWILIO_FROM: '+15005550006' };
    const cases: [env: Record<string, string>, requireConsent: Config['requireConsent']][] = [
      [{}, { email: false, sms: false }],
      [
        { ...from, SENDGRID_API_KEY: 'SG.key' },
        { email: true, sms: false },
      ],
      [
        { ...from, SMTP_URL: 'smtp://localhost:1025' },
        { email: true, sms: false },
      ],
      [twilio, { email: false, sms: true }],
      [{ REQUIRE_CONSENT: 'true' }, { email: true, sms: true }],
      [
        { ...from, SENDGRID_API_KEY: 'SG.key', ...twilio, REQUIRE_CONSENT: 'false' },
        { email: false, sms: false },
      ],
    ];
    for (const [env, requireConsent] of cases) assert.deepEqual(read(env).requireConsent, requireConsent);
  });

  test('tell how fast messages go out over each channel', () => {
    assert.deepEqual(read({}).sendsPerSecond, { email: 100, sms: 100 });
    const set = { EMAILS_PER_SECOND: '14', SMS_PER_SECOND: '0.5' };
    assert.deepEqual(read(set).sendsPerSecond, { email: 14, sms: 0.5 });
  });

  test('send text messages to all countries while that is free, and to one while it is not', () => {
    const twilio = { TWILIO_ACCOUNT_SID: sid, TWILIO_AUTH_TOKEN: 'token', TWILIO_FROM: '+15005550006' };
    assert.equal(read({}).smsCountries, undefined);
    assert.deepEqual(read(twilio).smsCountries, ['US']);
    assert.deepEqual(read({ ...twilio, DEFAULT_COUNTRY: 'LV' }).smsCountries, ['LV']);
    for (const transport of [{}, twilio])
      assert.deepEqual(read({ ...transport, SMS_COUNTRIES: 'DE, AT,CH' }).smsCountries, ['DE', 'AT', 'CH']);
  });

  const wrong: [what: string, env: Record<string, string>, named: RegExp][] = [
    ['a port that is no number', { PORT: 'three' }, /PORT/],
    ['a port that is none', { PORT: '65536' }, /PORT/],
    ['a public address that is none', { PUBLIC_URL: 'cuddles' }, /PUBLIC_URL/],
    ['an access token that is short', { ACCESS_TOKEN: 'secret0123456' }, /ACCESS_TOKEN.*16/],
    ['an access token with a space', { ACCESS_TOKEN: 'secret 0123456789' }, /ACCESS_TOKEN/],
    ['an access token beyond ASCII', { ACCESS_TOKEN: 'secret0123456789ß' }, /ACCESS_TOKEN/],
    ['an unknown country', { DEFAULT_COUNTRY: 'Catland' }, /DEFAULT_COUNTRY/],
    ['an unknown log level', { LOG_LEVEL: 'loud' }, /LOG_LEVEL/],
    ['a key without a sender', { SENDGRID_API_KEY: 'SG.secret' }, /EMAIL_FROM/],
    ...['Whiskers', 'w@example.com>', 'a,b@example.com', 'a@b.c, d@e.f', 'Whiskers\r\nBcc: x <w@example.com>'].map(
      (from): [string, Record<string, string>, RegExp] => [
        `a sender that is none: ${JSON.stringify(from)}`,
        { SMTP_URL: 'smtp://localhost', EMAIL_FROM: from },
        /EMAIL_FROM/,
      ],
    ),
    ...['secret', 'c2VjcmV0', Buffer.alloc(31).toString('base64'), `${Buffer.alloc(32).toString('base64')},`].map(
      (ENCRYPTION_KEY): [string, Record<string, string>, RegExp] => [
        `an encryption key that is none: ${ENCRYPTION_KEY}`,
        { ENCRYPTION_KEY },
        /ENCRYPTION_KEY.*32 bytes/,
      ],
    ),
    ['two email providers', { SENDGRID_API_KEY: 'SG.secret', SMTP_URL: 'smtp://h', EMAIL_FROM: 'a@b.c' }, /SMTP_URL/],
    ...[
      'secret',
      'c2VjcmV0',
      verificationKey.export({ format: 'der', type: 'spki' }).subarray(1).toString('base64'),
      generateKeyPairSync('ec', { namedCurve: 'secp384r1' })
        .publicKey.export({ format: 'der', type: 'spki' })
        .toString('base64'),
      generateKeyPairSync('ed25519').publicKey.export({ format: 'pem', type: 'spki' }).toString(),
      generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
        .privateKey.export({ format: 'pem', type: 'pkcs8' })
        .toString(),
    ].map((key, index): [string, Record<string, string>, RegExp] => [
      `a key of SendGrid’s webhook that is none (${index})`,
      { SENDGRID_WEBHOOK_PUBLIC_KEY: key },
      /^SENDGRID_WEBHOOK_PUBLIC_KEY must be the verification key that SendGrid shows/,
    ]),
    ['a public address below another', { PUBLIC_URL: 'https://example.com/cuddles' }, /PUBLIC_URL/],
    ['a mail server without a name', { SMTP_URL: 'smtp://', EMAIL_FROM: 'a@b.c' }, /SMTP_URL/],
    ['a mail log', { SMTP_URL: 'smtp://u:secret@h?logger=true', EMAIL_FROM: 'a@b.c' }, /SMTP_URL/],
    ['a mail password that is not encoded', { SMTP_URL: 'smtps://u:secret%ss@h', EMAIL_FROM: 'a@b.c' }, /SMTP_URL/],
    ['a Temporal port beyond all ports', { TEMPORAL_ADDRESS: 'temporal.example:99999' }, /TEMPORAL_ADDRESS/],
    ['an SMTP address that is none', { SMTP_URL: 'https://secret@h', EMAIL_FROM: 'a@b.c' }, /SMTP_URL/],
    ['half of Twilio', { TWILIO_ACCOUNT_SID: sid }, /TWILIO_AUTH_TOKEN/],
    ['the other half of Twilio', { TWILIO_AUTH_TOKEN: 'secret' }, /TWILIO_ACCOUNT_SID/],
    ['Twilio without a sender', { TWILIO_ACCOUNT_SID: sid, TWILIO_AUTH_TOKEN: 'secret' }, /TWILIO_FROM/],
    ['a SID that is none', { TWILIO_ACCOUNT_SID: 'secret', TWILIO_AUTH_TOKEN: 'secret' }, /TWILIO_ACCOUNT_SID/],
    [
      'an unknown Temporal profile',
      { TEMPORAL_CONFIG_FILE: resolve(__dirname, 'temporal.toml'), TEMPORAL_PROFILE: 'dogs' },
      /dogs/,
    ],
    ['a Temporal address with a scheme', { TEMPORAL_ADDRESS: 'http://temporal.example:7233' }, /TEMPORAL_ADDRESS/],
    ['a namespace without an address', { TEMPORAL_NAMESPACE: 'cuddles' }, /TEMPORAL_ADDRESS/],
    ['a Temporal key without an address', { TEMPORAL_API_KEY: 'secret' }, /TEMPORAL_ADDRESS/],
    [
      'a Temporal key without encryption',
      { TEMPORAL_ADDRESS: 'temporal.example:7233', TEMPORAL_API_KEY: 'secret', TEMPORAL_TLS: 'false' },
      /TEMPORAL_TLS/,
    ],
    [
      'encryption that is neither on nor off',
      { TEMPORAL_ADDRESS: 'temporal.example:7233', TEMPORAL_TLS: 'maybe' },
      /TEMPORAL_TLS/,
    ],
    [
      'a certificate without its key',
      { TEMPORAL_ADDRESS: 'temporal.example:7233', TEMPORAL_TLS_CLIENT_CERT_DATA: 'secret' },
      /CLIENT_KEY/,
    ],
    [
      'a certificate that is none',
      {
        TEMPORAL_ADDRESS: 'temporal.example:7233',
        TEMPORAL_TLS_CLIENT_CERT_DATA: 'secret',
        TEMPORAL_TLS_CLIENT_KEY_DATA: 'secret',
      },
      /PEM/,
    ],
    [
      'a certificate that is not there',
      { TEMPORAL_ADDRESS: 'temporal.example:7233', TEMPORAL_TLS_SERVER_CA_CERT_PATH: '/nowhere' },
      /SERVER_CA_CERT_PATH/,
    ],
    ['a Temporal profile file that is not there', { TEMPORAL_CONFIG_FILE: '/nowhere' }, /TEMPORAL_CONFIG_FILE/],
    [
      'a Temporal profile file that is none',
      { TEMPORAL_CONFIG_FILE: resolve(__dirname, '../LICENSE') },
      /Temporal client/,
    ],
    ...[
      'true',
      'all',
      '0.0.0.0/0',
      '::/0',
      '10.0.0.0/33',
      '1.2.3',
      'loopback,',
      '-1',
      '1.5',
      '100',
      'proxy.example',
    ].map((text): [string, Record<string, string>, RegExp] => [
      `proxies that are none: ${text}`,
      { TRUST_PROXY: text },
      /^TRUST_PROXY must/,
    ]),
    ...['REQUESTS_PER_MINUTE', 'MAX_PER_CONTACT_PER_DAY', 'MAX_QUESTIONS_PER_DAY', 'MAX_WAITING'].flatMap((name) =>
      ['0', '-1', '1.5', 'many', '1e3', '1234567890'].map((text): [string, Record<string, string>, RegExp] => [
        `a limit that is none: ${name}=${text}`,
        { [name]: text },
        new RegExp(`^${name} must`),
      ]),
    ),
    ...['Catland', 'us', 'US,', 'US GB', 'US,XX'].map((text): [string, Record<string, string>, RegExp] => [
      `countries that are none: ${text}`,
      { SMS_COUNTRIES: text },
      /^SMS_COUNTRIES must/,
    ]),
    ['two that are wrong', { PORT: 'x', LOG_LEVEL: 'y' }, /PORT.*LOG_LEVEL/],
  ];
  for (const [what, env, named] of wrong) {
    test(`refuse ${what} in one line, and keep secrets out of it`, () => {
      assert.throws(
        () => read(env),
        (error: Error) => {
          assert.ok(error instanceof StartError, error.message);
          assert.match(error.message, named);
          assert.ok(!error.message.includes('\n') && !error.message.includes('secret'), error.message);
          return true;
        },
      );
    });
  }
});
