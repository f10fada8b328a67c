/**
 * How a send that did not succeed is told to the workflow, which decides by it whether and when to try again.
 */
import { ApplicationFailure } from '@temporalio/activity';

/** The `type` of the `ApplicationFailure` of a sending activity. */
export type FailureKind =
  /** The provider will never accept this message: it is not tried again. */
  | 'Rejected'
  /** The provider refused our credentials: tried again slowly, until someone has set them right. */
  | 'Unauthorized'
  /** The provider wants us to wait. */
  | 'RateLimited'
  /** The provider did not accept the message, or was not given it yet, and may accept it later. */
  | 'Unavailable'
  /** The provider may have accepted the message, and its answer did not reach us. */
  | 'MaybeSent'
  /** The contact wants no messages: nothing was sent, and nothing will be. */
  | 'Stopped'
  /** The contact has not yet agreed to get messages: nothing was sent. */
  | 'Unconfirmed'
  /** It is night where the contact lives: nothing was sent. */
  | 'QuietHours';

/** The one element of the `details` of the `ApplicationFailure` of a sending activity. */
export interface FailureDetails {
  /** How long to wait at least before the next attempt, in milliseconds. */
  retryAfterMs?: number;
  /** Whether it is certain that no earlier attempt has sent the message, because the provider was asked. */
  settled?: true;
  /** For how long the provider may report what became of a message, should this attempt or an earlier one have sent it, in ms. */
  receiptsForMs?: number;
}

/**
 * A provider did not accept a message, or may not have.
 *
 * Its message is one sentence for a person, without contacts, keys or the text that was sent. It has no `cause`: the
 * errors of the providers' libraries hold the key and the recipient.
 */
export class SendError extends Error {
  override name = 'SendError';

  constructor(
    readonly kind: FailureKind,
    sentence: string,
    /** How long the provider wants us to wait, in milliseconds. */
    readonly retryAfterMs?: number,
    /** Whether it is certain that no earlier attempt has sent the message, because the provider was asked. */
    readonly isSettled = false,
  ) {
    super(sentence);
  }

  /** The same, of an attempt before which the provider was asked for the message, and had none. */
  settled(): SendError {
    return new SendError(this.kind, this.message, this.retryAfterMs, true);
  }
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Credentials are set right by a person: asking more often only makes the provider suspicious. */
const UNAUTHORIZED_DELAY = 5 * MINUTE;

/** The longest that a provider is taken at its word: one that errs by far shall not cost the day in which we try. */
const LONGEST_DELAY = 6 * HOUR;

/** What the workflow is told of an error that a transport threw. Whether there is another attempt is for it to decide. */
export function failureOf(error: unknown, reports: Pick<FailureDetails, 'receiptsForMs'>): ApplicationFailure {
  const { kind, message, retryAfterMs, isSettled } = error instanceof SendError ? error : unexpected(error);
  const wanted = kind === 'Unauthorized' ? UNAUTHORIZED_DELAY : retryAfterMs;
  const delay = wanted === undefined ? undefined : Math.min(Math.max(wanted, SECOND), longestDelay(kind));
  const details: FailureDetails = {
    ...(delay !== undefined && { retryAfterMs: delay }),
    ...(isSettled && { settled: true }),
    ...reports,
  };
  return ApplicationFailure.nonRetryable(message, kind, details);
}

function longestDelay(kind: FailureKind): number {
  return kind === 'QuietHours' ? DAY : LONGEST_DELAY; // Our own clock is not doubted.
}

/** Nothing but the name of an unexpected error is passed on, because its message may hold anything. */
function unexpected(error: unknown): SendError {
  const name = error instanceof Error ? error.name : typeof error;
  return new SendError('MaybeSent', `Sending failed unexpectedly (${name}), so the message may have been sent.`);
}
