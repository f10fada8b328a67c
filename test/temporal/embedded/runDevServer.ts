/** A program with a server of its own over the folder it is given. It takes no notice of Ctrl-C; SIGTERM stops it. */
import { startDevServer } from '../../../src/temporal/embedded/devServer';
import { temporalCliPath } from '../../binaries';

async function main(dataDir: string): Promise<void> {
  const server = await startDevServer({
    cli: await temporalCliPath(),
    dataDir,
    port: 0,
    uiPort: 0,
    searchAttributes: { mood: 'Keyword' },
  });
  process.on('SIGINT', () => {
    process.stdout.write('interrupted\n');
  });
  process.on('SIGTERM', () => {
    void server.stop().then(() => {
      process.stdout.write('stopped\n');
    });
  });
  process.stdout.write(`${server.port}\n`);
}

void main(process.argv[2] ?? '');
