import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { listOutbox, putInOutbox, removeFromOutbox } from '../src/outbox';

async function folder(t: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'outbox-'));
  t.after(() => rm(dir, { recursive: true }));
  return join(dir, 'data', 'outbox');
}

const sms = {
  reminderId: 'one',
  channel: 'sms',
  to: '+15555550100',
  text: 'Cuddle',
  at: '2030-01-01T00:00:00.000Z',
} as const;

describe('The outbox', () => {
  test('is empty while its folder is not there', async (t) => {
    assert.deepEqual(await listOutbox(await folder(t)), []);
    assert.deepEqual(await listOutbox(await folder(t), { reminderId: 'one' }), []);
  });

  test('gives back what was put in', async (t) => {
    const dir = await folder(t);
    const email = { ...sms, channel: 'email', to: 'bob@example.org', subject: '🐾', html: '<p>"\u2028"</p>' } as const;
    const id = await putInOutbox(dir, email);
    assert.deepEqual(await listOutbox(dir), [{ ...email, id }]);
  });

  test('is for the eyes of its owner only', async (t) => {
    const dir = await folder(t);
    await putInOutbox(dir, sms);
    assert.equal((await stat(dir)).mode & 0o777, 0o700);
    for (const name of await readdir(dir)) assert.equal((await stat(join(dir, name))).mode & 0o777, 0o600);
  });

  test('holds one message of a delivery, however often it is put in', async (t) => {
    const dir = await folder(t);
    const first = await putInOutbox(dir, sms);
    const again = await putInOutbox(dir, { ...sms, at: '2030-01-01T00:00:10.000Z' });
    await putInOutbox(dir, { ...sms, channel: 'email' });
    await putInOutbox(dir, { ...sms, reminderId: 'two' });
    assert.equal(first, again);
    const messages = await listOutbox(dir);
    assert.equal(messages.length, 3);
    assert.equal(messages[0]?.at, '2030-01-01T00:00:10.000Z');
    assert.equal((await readdir(dir)).length, 3);
  });

  test('gives up what is not wanted, what a killed process left half done included, and nothing else', async (t) => {
    const dir = await folder(t);
    const isHers = ({ to }: { to: string }) => to === 'alice@example.com';
    assert.equal(await removeFromOutbox(dir, isHers), 0);
    await putInOutbox(dir, sms);
    const id = await putInOutbox(dir, { ...sms, reminderId: 'two', to: 'alice@example.com' });
    const left = await readFile(join(dir, `${id}.json`));
    await writeFile(join(dir, `${id}.json.2f1c7a52-3c1c-4c33-9d0b-6c1f6b8b1c11.tmp`), left);
    await writeFile(join(dir, `${'0'.repeat(32)}.json`), 'alice@example.com');
    await writeFile(join(dir, 'hers.json'), left);
    assert.equal(await removeFromOutbox(dir, isHers), 2);
    assert.deepEqual(
      (await listOutbox(dir)).map(({ reminderId }) => reminderId),
      ['one'],
    );
    assert.equal((await readdir(dir)).length, 3);
  });

  test('lists the newest first, as many as are wanted', async (t) => {
    const dir = await folder(t);
    for (let number = 0; number < 120; number++) {
      const at = new Date(Date.UTC(2030, 0, 1, 0, number)).toISOString();
      await putInOutbox(dir, { ...sms, reminderId: String(number), at });
    }
    const times = (await listOutbox(dir)).map(({ at }) => at);
    assert.equal(times.length, 100);
    assert.equal(times[0], '2030-01-01T01:59:00.000Z');
    assert.deepEqual(times, times.toSorted().reverse());
    assert.equal((await listOutbox(dir, { limit: 3 })).length, 3);
    assert.equal((await listOutbox(dir, { limit: 1000 })).length, 120);
  });

  test('lists the messages of one reminder', async (t) => {
    const dir = await folder(t);
    await putInOutbox(dir, sms);
    await putInOutbox(dir, { ...sms, channel: 'email', at: '2030-01-01T00:00:01.000Z' });
    await putInOutbox(dir, { ...sms, reminderId: 'two' });
    const messages = await listOutbox(dir, { reminderId: 'one' });
    assert.deepEqual(
      messages.map(({ reminderId, channel }) => [reminderId, channel]),
      [
        ['one', 'email'],
        ['one', 'sms'],
      ],
    );
  });

  test('passes over what is not a whole message', async (t) => {
    const dir = await folder(t);
    const id = await putInOutbox(dir, sms);
    const name = (digit: string) => join(dir, `${digit.repeat(32)}.json`);
    const whole = await readFile(join(dir, `${id}.json`), 'utf8');
    await writeFile(name('1'), whole.slice(0, -10));
    await writeFile(name('2'), '');
    await writeFile(name('3'), 'null');
    await writeFile(name('4'), whole.replace('"sms"', '"pigeon"'));
    await writeFile(name('5'), whole.replace(sms.at, 'yesterday'));
    await mkdir(name('6'));
    await writeFile(join(dir, '.DS_Store'), whole);
    await writeFile(join(dir, `${id}.json.1.tmp`), whole);
    assert.deepEqual(await listOutbox(dir), [{ ...sms, id }]);
  });

  test('never shows a message that is half written', async (t) => {
    const dir = await folder(t);
    const texts = ['a', 'b', 'c', 'd'].map((letter) => letter.repeat(200_000));
    await putInOutbox(dir, { ...sms, text: texts[0] ?? '' });
    let writing = true;
    const writes = Promise.all(texts.map((text) => putInOutbox(dir, { ...sms, text }))).finally(
      () => (writing = false),
    );
    let reads = 0;
    do {
      const messages = await listOutbox(dir);
      assert.equal(messages.length, 1);
      assert(texts.includes(messages[0]?.text ?? ''));
      reads++;
    } while (writing as boolean);
    await writes;
    assert(reads > 0);
    assert.equal((await readdir(dir)).length, 1);
  });

  for (const reminderId of ['../../escape', '/etc/passwd', 'a'.repeat(5000), 'nul\0', '', '🐾\ud800', 'CON']) {
    test(`keeps a message of the reminder ${JSON.stringify(reminderId).slice(0, 20)} in its folder`, async (t) => {
      const dir = await folder(t);
      await putInOutbox(dir, { ...sms, reminderId });
      assert.equal((await listOutbox(dir, { reminderId })).length, 1);
      assert.match((await readdir(dir)).join(), /^[0-9a-f]{32}\.json$/);
      assert.deepEqual(await readdir(join(dir, '..')), ['outbox']);
    });
  }

  test('leaves nothing behind when a message cannot be written', async (t) => {
    const dir = await folder(t);
    const id = await putInOutbox(dir, sms);
    await rm(join(dir, `${id}.json`));
    await mkdir(join(dir, `${id}.json`, 'in the way'), { recursive: true });
    await assert.rejects(putInOutbox(dir, sms), { code: 'EISDIR' });
    assert.deepEqual(await readdir(dir), [`${id}.json`]);
  });
});
