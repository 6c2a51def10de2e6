// Package linkstore joins records of data models that know nothing of each other.
//
// A [Catalog] says which models there are and which links join them. A link is kept in a table of its own: the keys of the
// two records, an id, extra columns and timestamps. Links are soft-deleted; a pair that is linked again gets its row back.
//
// Records are known by ids, which are texts whatever their keys are: one column or several of texts, whole numbers and uuids.
// [Model.JoinKey] makes the id of a key of several columns, [Model.SplitKey] takes it apart. Ids that come in are brought into
// one form, in which they come out.
//
// A [Store] creates, dismisses, sets, deletes, restores and lists links, each call in one transaction:
//
//   - Create is idempotent and says what became of each pair. How many links a record may have is enforced by the database.
//   - Dismiss removes exactly the given pairs and leaves the records alone.
//   - SetLinks makes the links of one record exactly the given ones, and dismisses the others.
//   - Delete removes all links of records and soft-deletes the records on ends that cascade, then their links, and so on.
//     DeleteRecords deletes the records themselves as well.
//   - Restore brings back exactly what a deletion removed: each deletion is written down.
//
// [Store.Sync] creates the link tables. A link table that another program made is used as it is: Sync only adds indexes to it,
// and [Store.Adopted] lists such links.
//
// Calls are linearizable: each takes effect at one moment between its beginning and its end. Writers take locks in one order, so that they
// do not deadlock; where Postgres still asks for it, or another call came between, a call is tried again (lock.go says how).
// [Store.WithTx] makes links part of the caller's transaction.
// [Config] has a hook, Written, that is told of each call in its transaction, so that a row can be kept of it: there is a row exactly
// where there is a write. [LinkModule.Each] walks over all links of a kind in memory that does not grow with them.
//
// Each link that is attached or detached is an event, written in the transaction of the change. [Store.Events] reads the events in
// the order in which they took effect, from a cursor on. A consumer that keeps the cursor of the last event it has handled gets
// each event at least once; one that keeps it in the transaction in which it acts on the events acts on each exactly once. Events
// appear when all transactions that began to write before theirs have ended: [Store.Horizon] says which one holds them back.
// [Store.Listening] has the database notify of new events. [Store.PruneEvents] and [Store.PruneDeletions] remove what is old.
//
// A call that has faulty items writes nothing and returns an [ItemsError], which has the errors of all of them. With the
// option Partial, Create and DismissWith skip faulty items and report the error of each in its result.
//
// Errors that a store of records would answer too are those of package storeerr, under the names of this package.
//
// The package depends on the standard library and pgx alone.
package linkstore
