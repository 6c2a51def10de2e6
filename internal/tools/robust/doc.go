// Package robust runs histories: a few clients that write the same few records and links at once, through the link store and the
// record store, on a real Postgres. What each call was answered is compared with a model in memory: there must be one order of the
// calls, true to the times at which they were asked and answered, in which the model gives the same answers (porcupine looks for it). What
// the calls wrote beside their answers is compared too: events, deletions, and the row that a hook writes of each call.
//
// A history may go through a proxy that delays, and that cuts the connections in the middle, as a kill of the process does. What
// became of a call whose answer was lost is then read from the row that the hook wrote, or did not write.
package robust
