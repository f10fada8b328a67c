import { execFile } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { z } from 'zod';

const run = promisify(execFile);

/** Where Temporal's official downloads are. */
export interface Downloads {
  /** Base address, without a trailing slash. */
  url: string;
  /** After how many milliseconds without a byte to give up. */
  patienceMs: number;
}

export const officialDownloads: Downloads = { url: 'https://temporal.download', patienceMs: 5_000 };

/** The answer of the download service: where the archive is, and which of its files is the executable. */
const downloadInfo = z.object({
  archiveUrl: z.url({ protocol: /^https?$/ }),
  fileToExtract: z.string().min(1),
});

/** One of Temporal's official downloads. */
export interface Artifact {
  name: string;
  version: string;
}

/**
 * Downloads the executable for this platform into the folder, and resolves to its path. The service is the one that
 * Temporal's own SDKs download their servers from.
 *
 * @param tell is told how far it is.
 * @param signal gives it up.
 */
export async function downloadBinary(
  artifact: Artifact,
  folder: string,
  { url, patienceMs }: Downloads,
  tell: (progress: string) => void,
  signal?: AbortSignal,
): Promise<string> {
  const silence = new AbortController();
  const givenUp = signal ? AbortSignal.any([silence.signal, signal]) : silence.signal;
  const timer = setTimeout(() => {
    silence.abort(new Error(`nothing came for ${patienceMs / 1000} seconds`));
  }, patienceMs);
  const get = async (address: string | URL) => {
    const response = await fetch(address, { signal: givenUp }).catch((cause: unknown) => {
      throw new Error(`${new URL(address).host} could not be reached`, { cause });
    });
    if (!response.ok) throw new Error(`${new URL(address).host} answered ${response.status}`);
    timer.refresh();
    return response;
  };
  try {
    const answer = await get(infoAddress(artifact, url));
    const info = downloadInfo.safeParse(await answer.json().catch(() => undefined));
    if (!info.success) throw new Error(`${new URL(url).host} did not say where its archive is`);
    const archive = join(folder, 'archive.tar.gz');
    await save(await get(info.data.archiveUrl), archive, (progress) => {
      timer.refresh();
      tell(progress);
    });
    await run('tar', ['-xzf', archive, '-C', folder, info.data.fileToExtract]).catch((cause: unknown) => {
      throw new Error(`the archive of ${artifact.name} cannot be unpacked`, { cause });
    });
    return join(folder, info.data.fileToExtract);
  } finally {
    clearTimeout(timer);
  }
}

function infoAddress({ name, version }: Artifact, url: string): URL {
  const address = new URL(`${url}/${name}/v${version}`);
  address.searchParams.set('platform', process.platform);
  address.searchParams.set('arch', process.arch === 'x64' ? 'amd64' : process.arch);
  address.searchParams.set('format', 'tar.gz');
  return address;
}

async function save(response: Response, path: string, tell: (progress: string) => void): Promise<void> {
  if (!response.body) throw new Error(`${response.url} answered with nothing`);
  const length = response.headers.get('content-length');
  const total = length === null ? '' : ` of ${megabytes(Number(length))}`;
  let bytes = 0;
  await pipeline(
    response.body,
    async function* (chunks: AsyncIterable<Uint8Array>) {
      for await (const chunk of chunks) {
        bytes += chunk.length;
        tell(`${megabytes(bytes)}${total} MB`);
        yield chunk;
      }
    },
    createWriteStream(path),
  );
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}
