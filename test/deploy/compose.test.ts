import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, test } from 'node:test';
import { parse } from 'yaml';
import { readConfig } from '../../src/config';
import { searchAttributes } from '../../src/temporal/searchAttributes';

interface Service {
  image?: string;
  environment?: Record<string, string | number>;
  ports?: string[];
  depends_on?: Record<string, { condition: string }>;
  volumes?: string[];
  healthcheck?: object;
  restart?: string;
  stop_grace_period?: string;
  deploy?: { replicas: number };
}

const root = resolve(__dirname, '../..');
const read = (name: string) => readFileSync(resolve(root, name), 'utf8');

const compose = parse(read('docker-compose.yml'), { merge: true }) as {
  services: Record<'api' | 'worker', Service> & Record<string, Service>;
  volumes: Record<string, null>;
};
const services = Object.entries(compose.services);

/** What Compose makes of a value while no variable is set: the defaults of `${NAME:-default}` and `${NAME-default}`. */
function byDefault(environment: Service['environment'] = {}): Record<string, string> {
  const value = (text: string) => text.replace(/\$\{\w+:?-([^}]*)\}/g, '$1');
  return Object.fromEntries(Object.entries(environment).map(([name, text]) => [name, value(String(text))]));
}

describe('docker-compose.yml', () => {
  test('publishes ports on the loopback address alone', () => {
    const ports = services.flatMap(([, { ports = [] }]) => ports);
    assert.ok(ports.length > 0);
    for (const port of ports) assert.match(port, /^127\.0\.0\.1:\d+:\d+$/);
  });

  test('names images in one exact version', () => {
    for (const [name, { image }] of services) {
      if (image !== undefined) assert.match(image, /^[\w/.-]+:v?\d+\.\d+[\w.-]*$/, name);
    }
    assert.match(read('Dockerfile'), /^FROM node:\d+\.\d+\.\d+-bookworm-slim AS base$/m);
  });

  test('has one version of everything that belongs to the Temporal server', () => {
    const versionOf = (image: string) =>
      new Set(
        services.flatMap(([, service]) => (service.image?.startsWith(image) ? [service.image.split(':')[1]] : [])),
      );
    assert.equal(versionOf('temporalio/server').size, 1);
    assert.deepEqual(versionOf('temporalio/admin-tools'), versionOf('temporalio/server'));
  });

  test('waits only for services that are there, that become healthy, or that come to an end', () => {
    for (const [name, { depends_on: dependencies = {} }] of services) {
      for (const [other, { condition }] of Object.entries(dependencies)) {
        const service = compose.services[other];
        assert.ok(service, `${name} waits for ${other}`);
        if (condition === 'service_healthy') assert.ok(service.healthcheck, `${name} waits for ${other}`);
        else assert.deepEqual([condition, service.restart], ['service_completed_successfully', undefined], name);
      }
    }
  });

  test('registers the search attributes that reminders have', () => {
    const script = read('docker/temporal-namespace.sh');
    const registered = [...script.matchAll(/--name (\w+) --type (\w+)/g)].map(([, name, type]) => [name, type]);
    assert.deepEqual(Object.fromEntries(registered), searchAttributes);
  });

  test('gives a worker longer to stop than it takes', () => {
    const [, grace] = /shutdownGraceTime: '(\d+) seconds'/.exec(read('src/worker/worker.ts')) ?? [];
    assert.ok(grace);
    const [, period] = /^(\d+)s$/.exec(compose.services.worker.stop_grace_period ?? '') ?? [];
    assert.ok(Number(period) >= Number(grace) + 10, `${period} s for ${grace} s`);
  });

  test('has several workers, which have the settings and the outbox of the API', () => {
    const { api, worker } = compose.services;
    assert.ok(worker.deploy && worker.deploy.replicas > 1);
    assert.deepEqual(worker.environment, api.environment);
    assert.deepEqual(worker.volumes, api.volumes);
  });

  test('has settings that the program takes while nobody has set any', () => {
    const config = readConfig(byDefault(compose.services.api.environment));
    assert.equal(config.temporal.kind, 'external');
    assert.deepEqual([config.email.kind, config.sms.kind], ['smtp', 'outbox']);
    assert.equal(config.publicUrl, 'http://localhost:3000');
  });

  test('asks for the access token that is set, and without one shows reminders by their links alone', () => {
    const { environment = {} } = compose.services.api;
    assert.equal(environment.ACCESS_TOKEN, '${ACCESS_TOKEN:-}');
    const [, HOST = ''] = /^ENV .*HOST=(\S+)/m.exec(read('Dockerfile')) ?? [];
    assert.equal(readConfig({ ...byDefault(environment), HOST }).access.kind, 'capability');
  });
});
