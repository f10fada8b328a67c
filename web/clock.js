/** The server's clock, as well as this computer can know it. Due times are the server's promises, so its clock counts. */

/** In milliseconds. Below it a difference may be no more than the network and the whole seconds of a `Date` header. */
const TOLERANCE = 2000;

/** What to add to this computer's clock, in milliseconds. */
let skew = 0;

/** @returns {number} The time now, in milliseconds since the epoch. */
export function now() {
  return Date.now() + skew;
}

/**
 * Sets the clock by an answer of the server.
 *
 * @param {string | null} dateHeader The `Date` header (RFC 9110, 6.6.1); it counts whole seconds.
 * @param {number} sentAt When the request was sent, by this computer's clock, in milliseconds.
 */
export function learnServerTime(dateHeader, sentAt) {
  const served = Date.parse(dateHeader ?? '');
  if (Number.isNaN(served)) return;
  const halfway = (sentAt + Date.now()) / 2;
  const measured = served + 500 - halfway;
  if (Math.abs(measured - skew) > TOLERANCE) skew = Math.abs(measured) > TOLERANCE ? measured : 0;
}
