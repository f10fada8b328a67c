import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createContactIds } from '../../src/temporal/contactIds';
import { createRootKey } from '../../src/temporal/rootKey';
import { startSystem, type System } from '../system';

describe('the root key of an installation', () => {
  let system: System;
  before(async () => {
    system = await startSystem();
  });
  after(() => system.stop());

  test('is one, whoever makes it first', async () => {
    const keys = await Promise.all(Array.from({ length: 10 }, () => createRootKey(system.client).derive('a test')));
    assert.equal(new Set(keys.map((key) => key.toString('hex'))).size, 1);
    assert.equal(keys[0]?.length, 32);
  });

  test('is another for another purpose', async () => {
    const rootKey = createRootKey(system.client);
    assert.notDeepEqual(await rootKey.derive('one'), await rootKey.derive('another'));
  });

  test('names a contact by its address, however that is capitalised, and tells channels apart', async () => {
    const ids = createContactIds(createRootKey(system.client));
    assert.equal(await ids.idOf('email', 'Bob@Example.com'), await ids.idOf('email', 'bob@example.com'));
    assert.notEqual(await ids.idOf('email', 'b.ob@example.com'), await ids.idOf('email', 'bob@example.com'));
    assert.notEqual(await ids.idOf('email', '+14155552671'), await ids.idOf('sms', '+14155552671'));
    assert.match(await ids.idOf('sms', '+14155552671'), /^[\w-]{22}$/);
  });

  test('takes dots and aliases for one mailbox where it counts', async () => {
    const ids = createContactIds(createRootKey(system.client));
    const folded = await ids.foldedIdOf('email', 'bob@example.com');
    assert.equal(await ids.foldedIdOf('email', 'B.o.b+whiskers@Example.com'), folded);
    assert.notEqual(await ids.foldedIdOf('email', 'bob@example.org'), folded);
    assert.notEqual(await ids.idOf('email', 'bob@example.com'), folded);
  });
});
