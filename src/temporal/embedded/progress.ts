/** Where progress is shown: standard error, or anything that takes text. */
export interface ProgressOutput {
  /** A terminal gets one line, rewritten in place; anything else gets the line once. */
  isTTY?: boolean | undefined;
  write(text: string): unknown;
}

export interface Progress {
  /** Shows how far it is, such as "12 of 44 MB" or "8 s". */
  update: (detail: string) => void;
  /** Leaves the line as it stands. */
  end: () => void;
}

/** Tells a waiting person what is going on. */
export function showProgress(output: ProgressOutput, label: string): Progress {
  if (!output.isTTY) {
    output.write(`${label} …\n`);
    return { update: () => undefined, end: () => undefined };
  }
  output.write(`${label} …`);
  return {
    update: (detail) => output.write(`\r\x1b[K${label} … ${detail}`),
    end: () => output.write('\n'),
  };
}
