/**
 * The standard settings of Temporal clients, as variables or as a profile in `temporal.toml`. They are read by Temporal's
 * own library, which overlooks some mistakes: those are refused here, above all the ones that would connect unencrypted.
 */
import { existsSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { loadClientConnectConfig, type ClientConnectConfig } from '@temporalio/envconfig';
import { StartError } from '../startError';

type Environment = Record<string, string>;

const HOST_AND_PORT = /^(\[[\da-f:]+\]|[^\s/:]+)(:(?<port>\d+))?$/i;

/**
 * Where a Temporal is that is there already.
 *
 * @returns undefined when no such setting is there.
 * @throws {StartError} naming what is wrong.
 */
export function readClientSettings(env: Environment): ClientConnectConfig | undefined {
  refuseWrongVariables(env);
  const settings = load(env);
  const { address, apiKey, tls, ...others } = settings.connectionOptions;
  const { namespace } = settings;
  if ([address, apiKey, tls, namespace, ...Object.values(others)].every((value) => value === undefined))
    return undefined;
  if (address === undefined)
    throw new StartError('TEMPORAL_ADDRESS is missing: other settings of a Temporal client are there');
  const hostAndPort = HOST_AND_PORT.exec(address);
  if (!hostAndPort || Number(hostAndPort.groups?.port ?? 0) > 65535) {
    throw new StartError('TEMPORAL_ADDRESS must be a host and a port, such as temporal.example.com:7233');
  }
  if (apiKey !== undefined && tls === false) {
    throw new StartError('TEMPORAL_TLS is false, which would send TEMPORAL_API_KEY unencrypted');
  }
  if (tls && tls !== true) refuseUnreadable(tls);
  return settings;
}

function refuseWrongVariables(env: Environment): void {
  for (const name of ['TEMPORAL_TLS', 'TEMPORAL_TLS_DISABLE_HOST_VERIFICATION']) {
    const value = env[name];
    if (value !== undefined && !['true', 'false', '1', '0'].includes(value))
      throw new StartError(`${name} must be true or false`);
  }
  for (const name of ['TEMPORAL_CONFIG_FILE', ...files]) {
    const path = env[name];
    if (path !== undefined && !existsSync(path)) throw new StartError(`${name} names a file that is not there`);
  }
  const has = (what: string) => `TEMPORAL_TLS_CLIENT_${what}_PATH` in env || `TEMPORAL_TLS_CLIENT_${what}_DATA` in env;
  if (has('CERT') !== has('KEY')) {
    throw new StartError('TEMPORAL_TLS_CLIENT_CERT_PATH and TEMPORAL_TLS_CLIENT_KEY_PATH need each other');
  }
}

const files = ['TEMPORAL_TLS_CLIENT_CERT_PATH', 'TEMPORAL_TLS_CLIENT_KEY_PATH', 'TEMPORAL_TLS_SERVER_CA_CERT_PATH'];

function load(env: Environment): ClientConnectConfig {
  try {
    return loadClientConnectConfig({ overrideEnvVars: env });
  } catch (cause) {
    const [reason] = (cause as Error).message.split('\n');
    throw new StartError(`The settings of the Temporal client cannot be read: ${reason}`, { cause });
  }
}

type Tls = Exclude<ClientConnectConfig['connectionOptions']['tls'], boolean | null | undefined>;

function refuseUnreadable({ clientCertPair, serverRootCACertificate }: Tls): void {
  try {
    createSecureContext({
      cert: pem(clientCertPair?.crt),
      key: pem(clientCertPair?.key),
      ca: pem(serverRootCACertificate),
    });
  } catch (cause) {
    throw new StartError('The certificates or the key of the Temporal client are not valid PEM', { cause });
  }
}

function pem(data: Uint8Array | undefined): Buffer | undefined {
  return data && Buffer.from(data);
}
