/** The program cannot start. The message is one line for a person, which says what to change; the cause is for the log. */
export class StartError extends Error {
  override name = 'StartError';
}
