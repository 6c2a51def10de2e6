// Package robust checks that concurrent calls are linearizable. It runs histories: a few clients write the same few
// records and links at once, through the link store and the record store, on a real Postgres. Porcupine then looks
// for an order of the calls, consistent with their times, in which an in-memory model gives the same answers. What
// the calls wrote beside their answers is compared too: events, deletions, and the row that a hook writes for each
// call.
//
// A history may go through a proxy that delays traffic, and that cuts the connections in the middle, as a crash of
// the process would. Whether a call took effect whose answer was lost is then known from the row of the hook: it is
// there exactly if the call committed.
package robust
