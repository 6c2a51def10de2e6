// Package rowkey handles the keys of rows: one column or several, of texts, whole numbers and uuids.
//
// Outside of SQL a key is one text. [Join] makes it of the values of the columns, [Split] takes it apart. The key of
// one column is its value. The values of several columns are joined by ":", with "%" written "%25" and ":" written
// "%3A" inside of a value. Equal keys must be equal texts, so a key that comes from outside is brought into one form,
// part by part, by [Unescape] and [Canonical].
//
// Inside of SQL a key is compared column by column, in the types that the columns have, so that ordinary indexes serve.
// [Columns] are the columns of a table that hold a key. A [Ref] is how one statement refers to a key: by columns, by
// names of its own, or by parameters. Lists of keys are sent as arrays of texts, one array a column ([Args],
// [Ref.Arrays]), which the statement casts.
//
// The package depends on the standard library and pgx alone.
package rowkey
